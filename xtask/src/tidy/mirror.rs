//! Sizes, as a mirror: nothing here fails, it shows where a room or a type may be missing.

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::source::{Place, Source};

/// How many of the largest are shown.
const SHOWN: usize = 8;

pub(super) fn show(sources: &[Source]) {
    let house: Vec<_> = sources
        .iter()
        .filter(|source| source.place != Place::Beside && !source.is_test)
        .collect();
    let files = house
        .iter()
        .map(|source| (source.lines, source.path.display().to_string()))
        .collect();
    show_largest("files", files);
    let mut items = Items::default();
    for source in &house {
        items.path = source.path.display().to_string();
        items.visit_file(&source.ast);
    }
    show_largest("functions", items.functions);
    let documented = items.public - items.undocumented.len();
    println!("\ndocumented public items: {documented} of {}", items.public);
    items
        .undocumented
        .iter()
        .take(SHOWN)
        .for_each(|name| println!("        {name}"));
}

fn show_largest(what: &str, mut sizes: Vec<(usize, String)>) {
    sizes.sort_unstable_by(|a, b| b.cmp(a));
    let median = sizes.get(sizes.len() / 2).map_or(0, |(lines, _)| *lines);
    println!("\n{} {what}, median {median} lines, the largest:", sizes.len());
    sizes
        .iter()
        .take(SHOWN)
        .for_each(|(lines, name)| println!("  {lines:>5} {name}"));
}

/// Functions with their lengths, and public items with and without documentation.
#[derive(Default)]
struct Items {
    path: String,
    functions: Vec<(usize, String)>,
    public: usize,
    undocumented: Vec<String>,
}

impl Items {
    fn function(&mut self, span: proc_macro2::Span, signature: &syn::Signature) {
        let lines = span.end().line - signature.span().start().line + 1;
        self.functions
            .push((lines, format!("{} {}", self.path, signature.ident)));
    }

    fn item(&mut self, visibility: &syn::Visibility, attributes: &[syn::Attribute], name: &syn::Ident) {
        if matches!(visibility, syn::Visibility::Public(_)) {
            self.public += 1;
            if !attributes
                .iter()
                .any(|attribute| attribute.path().is_ident("doc"))
            {
                self.undocumented.push(format!("{} {name}", self.path));
            }
        }
    }
}

impl<'ast> Visit<'ast> for Items {
    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        // Tests inside a file are not measured; a module's documentation is in its own file.
        if item.ident != "tests" {
            visit::visit_item_mod(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.function(item.span(), &item.sig);
        self.item(&item.vis, &item.attrs, &item.sig.ident);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.function(item.span(), &item.sig);
        self.item(&item.vis, &item.attrs, &item.sig.ident);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.item(&item.vis, &item.attrs, &item.ident);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        self.item(&item.vis, &item.attrs, &item.ident);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        self.item(&item.vis, &item.attrs, &item.ident);
    }

    fn visit_field(&mut self, field: &'ast syn::Field) {
        if let Some(ident) = &field.ident {
            self.item(&field.vis, &field.attrs, ident);
        }
    }
}
