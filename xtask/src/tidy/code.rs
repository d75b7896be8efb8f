//! Absences that can be seen in the syntax of one file.

use proc_macro2::{Span, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::Breach;
use super::imports::Imports;
use super::source::{Place, Source};

/// The room that may read the environment.
const CONFIG: &str = "crates/config/";

/// From here on upward a room may look at the clock and draw random numbers itself.
const FIRST_FLOOR_WITH_TIME: u8 = 4;

/// Below this floor there is no I/O.
const FIRST_FLOOR_WITH_IO: u8 = 3;

pub(super) fn check(source: &Source) -> Vec<Breach> {
    let mut walk = Walk {
        source,
        imports: Imports::of(&source.ast),
        in_test: source.is_test,
        in_loop: false,
        in_test_function: false,
        is_paused: false,
        breaches: Vec::new(),
    };
    walk.visit_file(&source.ast);
    walk.breaches
}

/// Walks a file and knows where in it it is.
struct Walk<'a> {
    source: &'a Source,
    imports: Imports,
    in_test: bool,
    in_loop: bool,
    in_test_function: bool,
    /// Inside a test that runs on virtual time.
    is_paused: bool,
    breaches: Vec<Breach>,
}

impl Walk<'_> {
    fn report(&mut self, span: Span, what: impl Into<String>) {
        let (path, line) = (self.source.path.clone(), span.start().line);
        self.breaches.push(Breach {
            path,
            line,
            what: what.into(),
        });
    }

    /// Code of the product itself.
    fn is_house(&self) -> bool {
        !self.in_test && self.source.place != Place::Beside
    }

    fn is_below(&self, floor: u8) -> bool {
        self.is_house() && matches!(self.source.place, Place::Floor(own) if own < floor)
    }

    /// Walks deeper with other surroundings and comes back to these.
    fn within(&mut self, change: impl FnOnce(&mut Self), walk: impl FnOnce(&mut Self)) {
        let before = (self.in_test, self.in_test_function, self.in_loop, self.is_paused);
        change(self);
        walk(self);
        (self.in_test, self.in_test_function, self.in_loop, self.is_paused) = before;
    }

    fn enter(&mut self, attributes: &[syn::Attribute], walk: impl FnOnce(&mut Self)) {
        let is_test_function = attributes.iter().any(is_test_function);
        let is_test = is_test_function || attributes.iter().any(is_cfg_test);
        let is_paused = attributes
            .iter()
            .any(|attribute| tokens(attribute).contains("start_paused"));
        self.within(
            |walk| {
                walk.in_test |= is_test;
                walk.in_test_function |= is_test_function;
                walk.is_paused |= is_paused;
            },
            walk,
        );
    }

    fn check_path(&mut self, path: &syn::Path) {
        let full = self.imports.full_path(path);
        let full = full.as_str();
        let is_env = ["var", "var_os", "vars", "vars_os"]
            .iter()
            .any(|name| full == format!("std::env::{name}"));
        if is_env && self.is_house() && !self.source.path.starts_with(CONFIG) {
            self.report(path.span(), "reads the environment; only `config` does");
        }
        if full.starts_with("std::time::") && full.ends_with("::now") && self.is_below(FIRST_FLOOR_WITH_TIME)
        {
            self.report(
                path.span(),
                "looks at the clock; below floor 4 time is a parameter",
            );
        }
        let is_io = [
            "std::fs",
            "std::net::Tcp",
            "std::net::Udp",
            "std::process",
            "std::thread",
            "std::io::std",
        ]
        .iter()
        .any(|prefix| full.starts_with(prefix));
        if is_io && self.is_below(FIRST_FLOOR_WITH_IO) {
            self.report(path.span(), format!("uses {full}; below floor 3 there is no I/O"));
        }
        if self.in_test && matches!(full, "std::thread::sleep" | "tokio::time::sleep") && !self.may_sleep() {
            self.report(
                path.span(),
                "a test sleeps; use virtual time, or wait for a condition with a deadline",
            );
        }
    }

    /// In a loop a sleep is the pause between two looks at a condition; on virtual time it costs nothing. Helpers cannot
    /// be told apart: they may sleep where any test of the file runs on virtual time.
    fn may_sleep(&self) -> bool {
        self.in_loop || self.is_paused || (self.source.has_paused_time && !self.in_test_function)
    }

    /// Macro bodies are no syntax tree: what is looked for has to be found among the tokens.
    fn check_tokens(&mut self, stream: TokenStream) {
        let trees: Vec<_> = stream.into_iter().collect();
        for (at, tree) in trees.iter().enumerate() {
            match tree {
                TokenTree::Ident(ident) if ident == "unwrap" && at > 0 && is_dot(&trees[at - 1]) => {
                    self.check_unwrap(ident.span());
                }
                TokenTree::Group(group) => self.check_tokens(group.stream()),
                _ => {}
            }
        }
    }

    fn check_unwrap(&mut self, span: Span) {
        if self.is_house() {
            self.report(span, "`unwrap` outside of tests; `expect` states the invariant");
        }
    }

    fn check_era_flag(&mut self, ident: &syn::Ident, kind: &syn::Type) {
        let name = ident.to_string();
        let is_flag = matches!(name.as_str(), "modern" | "legacy" | "is_modern" | "is_legacy");
        if is_flag && is_bool(kind) {
            self.report(
                ident.span(),
                format!("`{name}: bool`; the era is a variant of an enum"),
            );
        }
    }

    fn check_signature(&mut self, visibility: &syn::Visibility, signature: &syn::Signature) {
        let name = signature.ident.to_string();
        if matches!(name.as_str(), "is_modern" | "is_legacy") {
            self.report(
                signature.ident.span(),
                format!("`{name}`; the era is a variant of an enum"),
            );
        }
        for input in &signature.inputs {
            let syn::FnArg::Typed(input) = input else { continue };
            if let syn::Pat::Ident(pattern) = &*input.pat {
                self.check_era_flag(&pattern.ident, &input.ty);
            }
            // Where a bool is the value itself, as in a constructor `boolean`, the name says so.
            let is_flag = is_bool(&input.ty) && !name.contains("bool");
            if self.is_house() && matches!(visibility, syn::Visibility::Public(_)) && is_flag {
                self.report(
                    input.span(),
                    format!("`pub fn {name}` takes a bool; callers cannot tell what it says"),
                );
            }
        }
    }
}

impl<'ast> Visit<'ast> for Walk<'_> {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        self.enter(&item.attrs, |walk| visit::visit_item_mod(walk, item));
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.enter(&item.attrs, |walk| {
            walk.check_signature(&item.vis, &item.sig);
            visit::visit_item_fn(walk, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.enter(&item.attrs, |walk| {
            walk.check_signature(&item.vis, &item.sig);
            visit::visit_impl_item_fn(walk, item);
        });
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        self.enter(&item.attrs, |walk| visit::visit_item_impl(walk, item));
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(ident) = &field.ident {
            self.check_era_flag(ident, &field.ty);
        }
        visit::visit_field(self, field);
    }

    fn visit_attribute(&mut self, attribute: &'ast syn::Attribute) {
        let path = attribute.path();
        if path.is_ident("allow") {
            self.report(
                attribute.span(),
                "`#[allow]`; `#[expect(…, reason = \"…\")]` says why and notices when it is over",
            );
        }
        if path.is_ident("serde") && self.is_house() {
            let tokens = tokens(attribute);
            for word in ["untagged", "flatten"]
                .iter()
                .filter(|word| tokens.contains(**word))
            {
                self.report(
                    attribute.span(),
                    format!("`serde({word})`; a visitor gives an exact error and keeps the bytes"),
                );
            }
        }
    }

    fn visit_macro(&mut self, mac: &'ast syn::Macro) {
        for name in ["todo", "unimplemented"] {
            if mac.path.is_ident(name) {
                self.report(mac.span(), format!("`{name}!`"));
            }
        }
        self.check_tokens(mac.tokens.clone());
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        if call.method == "unwrap" && call.args.is_empty() {
            self.check_unwrap(call.method.span());
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_path(&mut self, expr: &'ast syn::ExprPath) {
        self.check_path(&expr.path);
        visit::visit_expr_path(self, expr);
    }

    fn visit_expr_loop(&mut self, expr: &'ast syn::ExprLoop) {
        self.within(
            |walk| walk.in_loop = true,
            |walk| visit::visit_expr_loop(walk, expr),
        );
    }

    fn visit_expr_while(&mut self, expr: &'ast syn::ExprWhile) {
        self.within(
            |walk| walk.in_loop = true,
            |walk| visit::visit_expr_while(walk, expr),
        );
    }
}

/// `#[test]`, `#[tokio::test(…)]` and their like.
fn is_test_function(attribute: &syn::Attribute) -> bool {
    attribute
        .path()
        .segments
        .last()
        .is_some_and(|segment| segment.ident == "test")
}

fn is_cfg_test(attribute: &syn::Attribute) -> bool {
    let is_word = |word: &str| word == "test";
    attribute.path().is_ident("cfg")
        && tokens(attribute)
            .split(|c: char| !c.is_alphanumeric())
            .any(is_word)
}

/// What is between the parentheses of an attribute.
fn tokens(attribute: &syn::Attribute) -> String {
    match &attribute.meta {
        syn::Meta::List(list) => list.tokens.to_string(),
        _ => String::new(),
    }
}

fn is_bool(kind: &syn::Type) -> bool {
    matches!(kind, syn::Type::Path(path) if path.path.is_ident("bool"))
}

fn is_dot(tree: &TokenTree) -> bool {
    matches!(tree, TokenTree::Punct(punct) if punct.as_char() == '.')
}

#[cfg(test)]
mod tests;
