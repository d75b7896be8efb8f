//! What the `use` lines of a file make of a short name.

use std::collections::HashMap;

use syn::UseTree;
use syn::visit::{self, Visit};

/// Short names and the full paths behind them.
#[derive(Default)]
pub(super) struct Imports(HashMap<String, String>);

impl Imports {
    pub(super) fn of(file: &syn::File) -> Self {
        let mut imports = Self::default();
        imports.visit_file(file);
        imports
    }

    /// `env::var` becomes `std::env::var` where the file says `use std::env`.
    pub(super) fn full_path(&self, path: &syn::Path) -> String {
        let segments: Vec<_> = path
            .segments
            .iter()
            .map(|segment| segment.ident.to_string())
            .collect();
        let (first, rest) = segments.split_first().expect("a path has a segment");
        let first = self.0.get(first).unwrap_or(first);
        std::iter::once(first)
            .chain(rest)
            .map(String::as_str)
            .collect::<Vec<_>>()
            .join("::")
    }

    fn add(&mut self, prefix: &str, tree: &UseTree) {
        let joined = |name: &dyn ToString| match prefix {
            "" => name.to_string(),
            prefix => format!("{prefix}::{}", name.to_string()),
        };
        match tree {
            UseTree::Path(path) => self.add(&joined(&path.ident), &path.tree),
            UseTree::Name(name) if name.ident == "self" => {
                let last = prefix.rsplit("::").next().unwrap_or_default();
                self.0.insert(last.to_owned(), prefix.to_owned());
            }
            UseTree::Name(name) => {
                self.0.insert(name.ident.to_string(), joined(&name.ident));
            }
            UseTree::Rename(rename) => {
                self.0.insert(rename.rename.to_string(), joined(&rename.ident));
            }
            UseTree::Group(group) => group.items.iter().for_each(|tree| self.add(prefix, tree)),
            UseTree::Glob(_) => {}
        }
    }
}

impl<'ast> Visit<'ast> for Imports {
    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        self.add("", &item.tree);
        visit::visit_item_use(self, item);
    }
}
