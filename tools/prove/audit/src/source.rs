//! The functions of the engine, enumerated from its source, and the instructions that the files of `arch` export.

use crate::{Error, read};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::ops::RangeInclusive;
use std::path::Path;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Block, ImplItemFn, Item, ItemFn, ItemImpl, ItemMod, ItemTrait, Macro, Signature, TraitItemFn, Type,
    UseTree,
};

/// The place of a function in its file.
pub(crate) struct Place {
    lines: RangeInclusive<usize>,
    /// Whether it may run in the compiler.
    pub(crate) is_const: bool,
}

/// The functions of the engine by name, each with the places of all functions of that name.
pub(crate) type Functions = BTreeMap<String, Vec<Place>>;

/// The function at a line of a file: the innermost one.
pub(crate) fn function_at<'a>(functions: &'a Functions, file: &str, line: usize) -> Option<&'a str> {
    let of_file = functions.iter().filter(|(name, _)| name.starts_with(&format!("{file}::")));
    let places = of_file.flat_map(|(name, places)| places.iter().map(move |place| (place, name)));
    let around = places.filter(|(place, _)| place.lines.contains(&line));
    around.max_by_key(|(place, _)| *place.lines.start()).map(|(_, name)| name.as_str())
}

/// Every function outside tests as `path::[Trait or Type::]name`; functions of one file with equal parts share the
/// name.
///
/// The bodies of macros are read as tokens. A function that a macro names is called by the name of its variable, `$name`, and a
/// kernel, which has a body elsewhere, by its trait.
fn functions(source: &Path) -> Result<Functions, Error> {
    let mut names = Functions::new();
    read_folder(source, "", &mut names)?;
    Ok(names)
}

/// The functions of one file.
pub(crate) fn functions_of(file: &str, text: &str) -> Result<Functions, Error> {
    let tree = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
    let mut names = Functions::new();
    Reader { file: file.to_owned(), scope: None, names: &mut names }.visit_file(&tree);
    Ok(names)
}

/// The functions and the instructions of the engine.
pub(crate) fn names(source: &Path) -> Result<(Functions, BTreeSet<String>), Error> {
    let mut instructions = BTreeSet::new();
    for file in ["arch/x86_64.rs", "arch/aarch64.rs"] {
        instructions.extend(instructions_of(file, &read(&source.join(file))?)?);
    }
    Ok((functions(source)?, instructions))
}

fn read_folder(folder: &Path, prefix: &str, names: &mut Functions) -> Result<(), Error> {
    for entry in fs::read_dir(folder)? {
        let (path, name) = {
            let entry = entry?;
            (entry.path(), entry.file_name().into_string().map_err(|_| "a file name")?)
        };
        if path.is_dir() {
            if name != "tests" {
                read_folder(&path, &format!("{prefix}{name}/"), names)?;
            }
        } else if !name.ends_with("tests.rs") && name != "oracle.rs" {
            names.extend(functions_of(&format!("{prefix}{name}"), &read(&path)?)?);
        }
    }
    Ok(())
}

struct Reader<'a> {
    file: String,
    /// The trait or type of the items that are read.
    scope: Option<String>,
    names: &'a mut Functions,
}

fn is_test(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        let is_cfg = attribute.path().is_ident("cfg");
        attribute.path().is_ident("test")
            || is_cfg && attribute.meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test")
    })
}

impl Reader<'_> {
    fn add(&mut self, name: &str, place: Place) {
        let scope = self.scope.as_ref().map_or_else(String::new, |scope| format!("{scope}::"));
        self.names.entry(format!("{}::{scope}{name}", self.file)).or_default().push(place);
    }

    fn add_item(&mut self, signature: &Signature, block: &Block) {
        let lines = signature.fn_token.span.start().line..=block.brace_token.span.close().end().line;
        self.add(&signature.ident.to_string(), Place { lines, is_const: signature.constness.is_some() });
    }

    fn within(&mut self, scope: Option<String>, read: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.scope, scope);
        read(self);
        self.scope = outer;
    }

    /// Functions among the tokens of a macro: a header `fn name` with a body in braces, or of a kernel, `= body;`.
    fn read_tokens(&mut self, tokens: TokenStream) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut at = 0;
        while let Some(token) = tokens.get(at) {
            at += 1;
            match token {
                TokenTree::Ident(word) if word == "fn" => {
                    let Some(name) = name(&tokens[at..]) else { continue };
                    let end = tokens[at..].iter().position(ends_header).map_or(tokens.len(), |length| at + length);
                    let has_body = tokens.get(end).is_some_and(is_braced);
                    let is_kernel = tokens[at..end].iter().any(|token| is_punctuation(token, '='))
                        && !tokens[at..end].iter().any(|token| is_punctuation(token, '$'));
                    if has_body || is_kernel {
                        let lines = word.span().start().line..=tokens[end].span().end().line;
                        let before = &tokens[at.saturating_sub(3)..at];
                        let is_const = before.iter().any(|token| token.to_string() == "const");
                        self.add(&name, Place { lines, is_const });
                    }
                    // A body is read for the functions within.
                    at = end;
                }
                TokenTree::Ident(word) if word == "impl" || word == "trait" => {
                    let end = tokens[at..].iter().position(ends_header).map_or(tokens.len(), |length| at + length);
                    if let Some(TokenTree::Group(body)) = tokens.get(end).filter(|token| is_braced(token)) {
                        let scope = owner(&tokens[at..end], word == "trait");
                        self.within(scope, |reader| reader.read_tokens(body.stream()));
                        at = end + 1;
                    }
                }
                TokenTree::Group(group) => self.read_tokens(group.stream()),
                _ => {}
            }
        }
    }
}

fn is_punctuation(token: &TokenTree, character: char) -> bool {
    matches!(token, TokenTree::Punct(found) if found.as_char() == character)
}

fn is_braced(token: &TokenTree) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == Delimiter::Brace)
}

fn ends_header(token: &TokenTree) -> bool {
    is_braced(token) || is_punctuation(token, ';')
}

/// The name at the start of the tokens, perhaps of a variable.
fn name(tokens: &[TokenTree]) -> Option<String> {
    match tokens {
        [TokenTree::Ident(name), ..] => Some(name.to_string()),
        [dollar, TokenTree::Ident(name), ..] if is_punctuation(dollar, '$') => Some(format!("${name}")),
        _ => None,
    }
}

/// The trait or type of the header of an `impl` or `trait`: the last name outside angle brackets before `for`, or of all.
fn owner(header: &[TokenTree], is_trait: bool) -> Option<String> {
    let (mut depth, mut found) = (0, None);
    for (at, token) in header.iter().enumerate() {
        match token {
            token if is_punctuation(token, '<') => depth += 1,
            token if is_punctuation(token, '>') => depth -= 1,
            TokenTree::Ident(word) if depth == 0 && (word == "for" || word == "where") => break,
            TokenTree::Ident(_) if depth == 0 => {
                let is_variable = at > 0 && is_punctuation(&header[at - 1], '$');
                found = name(&header[at - usize::from(is_variable)..]);
            }
            token if is_trait && is_punctuation(token, ':') => break,
            _ => {}
        }
    }
    found
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        let attributes = match item {
            Item::Fn(item) => &item.attrs,
            Item::Impl(item) => &item.attrs,
            Item::Mod(item) => &item.attrs,
            Item::Macro(item) => &item.attrs,
            _ => return visit::visit_item(self, item),
        };
        if !is_test(attributes) {
            visit::visit_item(self, item);
        }
    }

    fn visit_item_fn(&mut self, item: &'ast ItemFn) {
        self.add_item(&item.sig, &item.block);
        visit::visit_item_fn(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast ImplItemFn) {
        self.add_item(&item.sig, &item.block);
        visit::visit_impl_item_fn(self, item);
    }

    /// Only provided methods have code.
    fn visit_trait_item_fn(&mut self, item: &'ast TraitItemFn) {
        if let Some(block) = &item.default {
            self.add_item(&item.sig, block);
            visit::visit_trait_item_fn(self, item);
        }
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let path = match (&item.trait_, &*item.self_ty) {
            (Some((path, _)), _) => Some(path),
            (None, Type::Path(path)) => Some(&path.path),
            _ => None,
        };
        let scope = path.and_then(|path| path.segments.last()).map(|segment| segment.ident.to_string());
        self.within(scope, |reader| visit::visit_item_impl(reader, item));
    }

    fn visit_item_trait(&mut self, item: &'ast ItemTrait) {
        self.within(Some(item.ident.to_string()), |reader| visit::visit_item_trait(reader, item));
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        self.within(None, |reader| visit::visit_item_mod(reader, item));
    }

    fn visit_macro(&mut self, item: &'ast Macro) {
        self.read_tokens(item.tokens.clone());
    }
}

/// The instructions that a file of `arch` takes from `core::arch`, as `file::name`.
pub(crate) fn instructions_of(file: &str, text: &str) -> Result<BTreeSet<String>, Error> {
    let tree = syn::parse_file(text).map_err(|error| format!("{file}: {error}"))?;
    let mut names = BTreeSet::new();
    for item in &tree.items {
        if let Item::Use(item) = item {
            read_use(file, &item.tree, false, &mut names)?;
        }
    }
    Ok(names)
}

fn read_use(file: &str, tree: &UseTree, is_arch: bool, names: &mut BTreeSet<String>) -> Result<(), Error> {
    match tree {
        UseTree::Path(path) => read_use(file, &path.tree, is_arch || path.ident == "arch", names),
        UseTree::Group(group) => group.items.iter().try_for_each(|tree| read_use(file, tree, is_arch, names)),
        // Types are not instructions.
        UseTree::Name(name)
            if is_arch && ["_mm", "v"].iter().any(|start| name.ident.to_string().starts_with(start)) =>
        {
            names.insert(format!("{file}::{}", name.ident));
            Ok(())
        }
        UseTree::Rename(_) | UseTree::Glob(_) if is_arch => {
            Err(format!("{file}: an instruction without its own name").into())
        }
        _ => Ok(()),
    }
}
