//! What is wrong with a template, all of it, before a document is needed: names that nothing has, in
//! branches that are rarely taken too, filters and tests that there are not, other files.
//!
//! A template whose syntax is wrong has only that flaw: what would stand behind it is a guess.

use std::collections::BTreeMap;
use std::ops::Range;

use minijinja::machinery::{ast, parse};
use minijinja::value::{Serde, ValueKind};
use minijinja::{Environment, ErrorKind, Value};
use serde::Serialize;

use super::render::{self, environment, syntax};
use crate::incident::Text;

/// One thing that is wrong with a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateFlaw {
    /// The bytes of the template that it is about.
    pub span: Range<usize>,
    /// What is wrong.
    pub message: Text,
    /// What may have been meant by the name that stands there.
    pub known: Vec<String>,
}

/// Filters that a template may use: our own, and the most useful ones of Jinja's.
const FILTERS: &str = "md code day time minute default length join lower upper title trim first last sort reverse \
    replace round list map select reject selectattr rejectattr groupby unique sum min max int float \
    string abs items batch slice indent tojson";

/// The same of tests.
const TESTS: &str = "defined undefined none string number sequence mapping iterable even odd in eq ne lt le gt ge \
    startingwith endingwith true false boolean sameas divisibleby";

/// Everything that is wrong with a template that is filled in with such facts, in the order of places.
pub(in crate::app) fn flaws(template: &str, facts: &impl Serialize, entries: u64) -> Vec<TemplateFlaw> {
    let jinja = environment(entries);
    let mut flaws = match parse(template, "", syntax()) {
        Ok(parsed) => {
            let facts = Value::from(Serde(facts));
            let mut look =
                Look { template, jinja: &jinja, facts, scopes: vec![BTreeMap::new()], flaws: Vec::new() };
            look.stmt(&parsed);
            look.flaws
        }
        Err(_) => Vec::new(), // told below
    };
    // What only shows when it is filled in; the first of it, and not what has been told of its line.
    if let Err(error) = render::filled(template, facts, entries) {
        let span = line(template, error.line.unwrap_or(1));
        if flaws.iter().all(|flaw| !span.contains(&flaw.span.start)) {
            flaws.push(TemplateFlaw { span, message: error.message, known: Vec::new() });
        }
    }
    flaws.sort_by_key(|flaw| flaw.span.start);
    flaws.dedup();
    flaws
}

/// The bytes of a line, counted from 1.
fn line(template: &str, number: usize) -> Range<usize> {
    let mut starts = template.split_inclusive('\n').scan(0, |at, line| {
        let start = *at;
        *at += line.len();
        Some(start..start + line.trim_end().len().max(1))
    });
    starts.nth(number.max(1) - 1).unwrap_or(0..0)
}

/// A look through a template. Of a value is known what an example of the facts shows.
struct Look<'t> {
    template: &'t str,
    jinja: &'t Environment<'t>,
    facts: Value,
    /// What the template names itself, the innermost last.
    scopes: Vec<BTreeMap<String, Option<Value>>>,
    flaws: Vec<TemplateFlaw>,
}

impl<'t> Look<'t> {
    fn flaw(&mut self, span: Range<usize>, message: &str, known: Vec<String>) {
        self.flaws.push(TemplateFlaw { span, message: Text::line(message), known });
    }

    /// Where a name stands: it is a part of the template.
    fn place(&self, name: &str) -> Range<usize> {
        let start = (name.as_ptr() as usize).wrapping_sub(self.template.as_ptr() as usize);
        match start.checked_add(name.len()) {
            Some(end) if end <= self.template.len() => start..end,
            _ => 0..0,
        }
    }

    fn declare(&mut self, target: &ast::Expr<'t>, value: Option<Value>) {
        let scope = |look: &mut Self, name: &str, value| {
            if let Some(scope) = look.scopes.last_mut() {
                scope.insert(name.to_owned(), value);
            }
        };
        match target {
            ast::Expr::Var(var) => scope(self, var.id, value),
            ast::Expr::List(list) => list.items.iter().for_each(|item| self.declare(item, None)),
            ast::Expr::Tuple(tuple) => tuple.items.iter().for_each(|item| self.declare(item, None)),
            ast::Expr::Const(_)
            | ast::Expr::Slice(_)
            | ast::Expr::UnaryOp(_)
            | ast::Expr::BinOp(_)
            | ast::Expr::Compare(_)
            | ast::Expr::IfExpr(_)
            | ast::Expr::Filter(_)
            | ast::Expr::Test(_)
            | ast::Expr::GetAttr(_)
            | ast::Expr::GetItem(_)
            | ast::Expr::Call(_)
            | ast::Expr::Map(_) => {} // an attribute of a namespace
        }
    }

    fn within(&mut self, names: &[&str], look: impl FnOnce(&mut Self)) {
        self.scopes.push(names.iter().map(|name| ((*name).to_owned(), None)).collect());
        look(self);
        self.scopes.pop();
    }

    fn body(&mut self, stmts: &[ast::Stmt<'t>]) {
        for stmt in stmts {
            // A macro is known above the place where it is written too.
            if let ast::Stmt::Macro(named) = stmt
                && let Some(scope) = self.scopes.last_mut()
            {
                scope.insert(named.name.to_owned(), None);
            }
        }
        stmts.iter().for_each(|stmt| self.stmt(stmt));
    }

    fn stmt(&mut self, stmt: &ast::Stmt<'t>) {
        match stmt {
            ast::Stmt::Template(template) => self.body(&template.children),
            ast::Stmt::EmitExpr(emit) => drop(self.expr(&emit.expr)),
            ast::Stmt::EmitRaw(_) => {}
            ast::Stmt::ForLoop(each) => {
                let list = self.expr(&each.iter);
                let item = list.and_then(|list| list.try_iter().ok()?.next());
                self.within(&["loop"], |look| {
                    look.declare(&each.target, item);
                    each.filter_expr.iter().for_each(|filter| drop(look.expr(filter)));
                    look.body(&each.body);
                });
                self.within(&[], |look| look.body(&each.else_body));
            }
            ast::Stmt::IfCond(cond) => {
                self.expr(&cond.expr);
                self.body(&cond.true_body);
                self.body(&cond.false_body);
            }
            ast::Stmt::WithBlock(with) => self.within(&[], |look| {
                for (target, value) in &with.assignments {
                    let value = look.expr(value);
                    look.declare(target, value);
                }
                look.body(&with.body);
            }),
            ast::Stmt::Set(set) => {
                let value = self.expr(&set.expr);
                self.declare(&set.target, value);
            }
            ast::Stmt::SetBlock(set) => {
                set.filter.iter().for_each(|filter| drop(self.expr(filter)));
                self.body(&set.body);
                self.declare(&set.target, None);
            }
            ast::Stmt::AutoEscape(escape) => {
                self.expr(&escape.enabled);
                self.body(&escape.body);
            }
            ast::Stmt::FilterBlock(block) => {
                self.expr(&block.filter);
                self.body(&block.body);
            }
            ast::Stmt::Block(block) => self.within(&["self", "super"], |look| look.body(&block.body)),
            ast::Stmt::Include(other) => self.other(&other.name),
            ast::Stmt::Extends(other) => self.other(&other.name),
            ast::Stmt::Import(other) => {
                self.other(&other.expr);
                self.declare(&other.name, None);
            }
            ast::Stmt::FromImport(other) => {
                self.other(&other.expr);
                for (name, alias) in &other.names {
                    self.declare(alias.as_ref().unwrap_or(name), None);
                }
            }
            ast::Stmt::Macro(named) => self.named(named),
            ast::Stmt::CallBlock(block) => {
                self.call(&block.call);
                self.named(&block.macro_decl);
            }
            ast::Stmt::Do(done) => self.call(&done.call),
        }
    }

    fn named(&mut self, named: &ast::Macro<'t>) {
        named.defaults.iter().for_each(|default| drop(self.expr(default)));
        self.within(&["caller"], |look| {
            named.args.iter().for_each(|arg| look.declare(arg, None));
            look.body(&named.body);
        });
    }

    /// There is never another file.
    fn other(&mut self, name: &ast::Expr<'t>) {
        let span = name.span();
        let span =
            usize::try_from(span.start_offset).unwrap_or(0)..usize::try_from(span.end_offset).unwrap_or(0);
        let message = "a template stands alone and takes nothing from another one; write its text here";
        self.flaw(span, message, Vec::new());
    }

    /// What is known of a value.
    fn expr(&mut self, expr: &ast::Expr<'t>) -> Option<Value> {
        match expr {
            ast::Expr::Var(var) => self.var(var.id, true),
            ast::Expr::Const(value) => Some(value.value.clone()),
            ast::Expr::GetAttr(attr) => self.attr(attr, true),
            ast::Expr::Slice(slice) => {
                for part in [&slice.start, &slice.stop, &slice.step].into_iter().flatten() {
                    self.expr(part);
                }
                self.expr(&slice.expr) // a part of a list has the same items
            }
            ast::Expr::UnaryOp(op) => drop_all(self.expr(&op.expr)),
            ast::Expr::BinOp(op) => {
                self.expr(&op.left);
                drop_all(self.expr(&op.right))
            }
            ast::Expr::Compare(compare) => {
                self.expr(&compare.expr);
                compare.ops.iter().for_each(|op| drop(self.expr(&op.expr)));
                None
            }
            ast::Expr::IfExpr(cond) => {
                self.expr(&cond.test_expr);
                self.expr(&cond.true_expr);
                cond.false_expr.iter().for_each(|other| drop(self.expr(other)));
                None
            }
            ast::Expr::Filter(filter) => {
                self.args(&filter.args);
                let is_there = !["default", "d"].contains(&filter.name);
                filter.expr.iter().for_each(|expr| self.operand(expr, is_there));
                let tried = self.jinja.empty_state().apply_filter(filter.name, &[]);
                if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownFilter) {
                    self.unknown("filter", filter.name, FILTERS);
                }
                None
            }
            ast::Expr::Test(test) => {
                self.args(&test.args);
                self.operand(&test.expr, !["defined", "undefined"].contains(&test.name));
                let tried = self.jinja.empty_state().perform_test(test.name, &[]);
                if tried.is_err_and(|error| error.kind() == ErrorKind::UnknownTest) {
                    self.unknown("test", test.name, TESTS);
                }
                None
            }
            ast::Expr::GetItem(item) => {
                self.expr(&item.subscript_expr);
                drop_all(self.expr(&item.expr))
            }
            ast::Expr::Call(call) => {
                self.call(call);
                None
            }
            ast::Expr::List(list) => {
                list.items.iter().for_each(|item| drop(self.expr(item)));
                None
            }
            ast::Expr::Tuple(tuple) => {
                tuple.items.iter().for_each(|item| drop(self.expr(item)));
                None
            }
            ast::Expr::Map(map) => {
                map.keys.iter().chain(&map.values).for_each(|part| drop(self.expr(part)));
                None
            }
        }
    }

    fn unknown(&mut self, what: &str, name: &str, known: &str) {
        let known = known.split_whitespace().map(str::to_owned).collect();
        self.flaw(self.place(name), &format!("there is no {what} `{name}`"), known);
    }

    /// What something is done to: where that is to find out whether it is there, it need not be.
    fn operand(&mut self, expr: &ast::Expr<'t>, must_be: bool) {
        if let ast::Expr::Var(var) = expr {
            self.var(var.id, must_be);
        } else if let ast::Expr::GetAttr(attr) = expr {
            self.attr(attr, must_be);
        } else {
            self.expr(expr);
        }
    }

    fn args(&mut self, args: &[ast::CallArg<'t>]) {
        for arg in args {
            match arg {
                ast::CallArg::Pos(value)
                | ast::CallArg::Kwarg(_, value)
                | ast::CallArg::PosSplat(value)
                | ast::CallArg::KwargSplat(value) => drop(self.expr(value)),
            }
        }
    }

    fn call(&mut self, call: &ast::Call<'t>) {
        // A method is no part of the facts.
        let of = if let ast::Expr::GetAttr(method) = &call.expr { &method.expr } else { &call.expr };
        self.expr(of);
        self.args(&call.args);
    }

    fn var(&mut self, name: &str, must_be: bool) -> Option<Value> {
        if let Some(own) = self.scopes.iter().rev().find_map(|scope| scope.get(name)) {
            return own.clone();
        }
        if self.jinja.globals().any(|(known, _)| known == name) {
            return None;
        }
        let found = self.facts.get_attr(name).ok().filter(|value| !value.is_undefined());
        if found.is_none() && must_be {
            let own = self.scopes.iter().flat_map(BTreeMap::keys).cloned();
            let known = own.chain(keys(&self.facts)).collect();
            self.flaw(self.place(name), &format!("nothing is called `{name}` here"), known);
        }
        found
    }

    fn attr(&mut self, attr: &ast::GetAttr<'t>, must_be: bool) -> Option<Value> {
        let of = self.expr(&attr.expr)?;
        if matches!(of.kind(), ValueKind::String | ValueKind::Number | ValueKind::Bool) && must_be {
            let message = format!("there is no `{}` in it: it is a {}; write it alone", attr.name, of.kind());
            self.flaw(self.place(attr.name), &message, Vec::new());
        }
        if of.kind() != ValueKind::Map {
            return None;
        }
        let found = of.get_attr(attr.name).ok().filter(|value| !value.is_undefined());
        if found.is_none() && must_be {
            self.flaw(self.place(attr.name), &format!("there is no `{}` in it", attr.name), keys(&of));
        }
        found
    }
}

/// Of what becomes of a value nothing is known.
fn drop_all(_: Option<Value>) -> Option<Value> {
    None
}

fn keys(map: &Value) -> Vec<String> {
    map.try_iter().into_iter().flatten().filter_map(|key| key.as_str().map(str::to_owned)).collect()
}
