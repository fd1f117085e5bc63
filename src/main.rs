//! The binary: hands the arguments to the command line and its outcome to the system.

use std::process::ExitCode;

use flightdeck::cli;

fn main() -> ExitCode {
    match cli::run(std::env::args_os()) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            cli::tell(&error);
            ExitCode::from(error.exit_code())
        }
    }
}
