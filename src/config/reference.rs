//! The keys of the file and what each means. Every table is declared beside the reader of its section, by [`keys!`];
//! `docs/configuration.md` shows them, and a test keeps both true.

/// The keys of one section, or of one kind of step.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is rendered by a test, the program needs the names only"))]
pub(super) struct Keys {
    /// What the page calls the table.
    pub(super) table: &'static str,
    /// Where the section stands, with `*` for a name that the file makes up and `[]` for an item of a list. The keys of
    /// a table with several places are the same in each.
    pub(super) at: &'static [&'static str],
    /// The kind of step beside whose key these stand; empty for other sections.
    pub(super) beside: &'static str,
    /// The headings of the columns.
    pub(super) head: &'static str,
    /// Every key once.
    pub(super) names: &'static [&'static str],
    pub(super) rows: &'static [Row],
}

/// A line of the table: a key, or some that go together.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is rendered by a test"))]
pub(super) struct Row {
    pub(super) names: &'static [&'static str],
    /// What stands in the first column in place of the names.
    pub(super) shown: Option<&'static str>,
    pub(super) default: Default,
    /// The lines of the doc comment.
    pub(super) doc: &'static [&'static str],
}

/// What the second column says.
#[cfg_attr(not(test), expect(dead_code, reason = "the page is rendered by a test"))]
pub(super) enum Default {
    /// What could be written in the file with the same meaning.
    Value(&'static str),
    /// Words, because that depends.
    Words(&'static str),
    /// The table has no such column: the doc comment has all of them.
    NoColumn,
}

/// Declares the keys of a section:
///
/// ```ignore
/// keys! {
///     GROUP: "groups" at ["groups.*"], "Key in `[groups.NAME]` | Default | ";
///     /// The doc comment of a key is its text on the page.
///     ring_for = "30s";                       // a default as it would be written
///     /// …
///     phone_for ("as `ring_for`");            // a default in words; `()` for none
///     /// … | the columns of a table that has no defaults, with a bar between them
///     say as "`say = \"words\"`";
///     /// …
///     api_key, api_secret ();                 // keys that share a line
/// }
/// ```
///
/// `at ["steps.*"] beside "ring"` says which kind of step has them.
macro_rules! keys {
    (
        $visibility:vis $const:ident: $table:literal at $at:tt $(beside $beside:literal)?, $head:literal;
        $($(#[doc = $doc:literal])+ $($key:ident),+ $(= $value:literal)? $(($($words:literal)?))? $(as $shown:literal)?;)+
    ) => {
        #[cfg_attr(not(test), allow(dead_code, reason = "the page is rendered by a test"))]
        $visibility const $const: $crate::config::reference::Keys = $crate::config::reference::Keys {
            table: $table,
            at: &$at,
            beside: concat!($($beside)?),
            head: $head,
            names: &[$($(stringify!($key)),+),+],
            rows: &[$($crate::config::reference::Row {
                names: &[$(stringify!($key)),+],
                shown: $crate::config::reference::keys!(@shown $($shown)?),
                default: $crate::config::reference::keys!(@default $($value)? $(($($words)?))?),
                doc: &[$($doc),+],
            }),+],
        };
    };
    (@shown) => { None };
    (@shown $shown:literal) => { Some($shown) };
    (@default) => { $crate::config::reference::Default::NoColumn };
    (@default $value:literal) => { $crate::config::reference::Default::Value(stringify!($value)) };
    (@default ()) => { $crate::config::reference::Default::Words("") };
    (@default ($words:literal)) => { $crate::config::reference::Default::Words($words) };
}
pub(super) use keys;

#[cfg(test)]
pub(super) use asked::{asked_by, note};

/// Which keys the readers ask for, so that a test can see whether each is declared.
#[cfg(test)]
mod asked {
    use std::{cell::RefCell, collections::BTreeSet};

    thread_local! {
        static ASKED: RefCell<BTreeSet<(String, &'static str)>> = RefCell::default();
    }

    /// A reader has asked the section at `path` for `key`.
    pub(in crate::config) fn note(path: &str, key: &'static str) {
        ASKED.with_borrow_mut(|asked| asked.insert((path.to_owned(), key)));
    }

    /// Every section and key that `read` asks for.
    pub(in crate::config) fn asked_by(read: impl FnOnce()) -> BTreeSet<(String, &'static str)> {
        ASKED.take();
        read();
        ASKED.take()
    }
}
