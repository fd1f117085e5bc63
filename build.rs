//! How the program is linked.

/// Gives the program a fixed place where that is known to work: 46,000 pointers in its tables were
/// written anew at every start otherwise, in 200 pages of private memory, before the first frame.
/// Heap, stacks and libraries lie where chance puts them as before.
fn main() {
    let target = |what| std::env::var(format!("CARGO_CFG_TARGET_{what}")).unwrap_or_default();
    if target("OS") == "linux" && target("ENV") == "gnu" {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
    println!("cargo::rerun-if-changed=build.rs");
}
