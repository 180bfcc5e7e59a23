//! `block` of a line, and `[blocklists]` that lines share: whose calls are not taken as others are.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    fmt,
};

use ringall_core::phone::{CallerId, PhoneNumber};

use super::{
    problem::{Place, Report, did_you_mean, is_name, shown},
    reader::{Section, Value},
};

/// Callers whose calls go another way.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct BlockList {
    numbers: BTreeSet<PhoneNumber>,
    /// The digits that numbers begin with.
    prefixes: BTreeSet<String>,
    withheld: bool,
}

/// Lists that lines share, and which of them some line uses.
#[derive(Debug)]
pub(super) struct SharedLists {
    lists: BTreeMap<String, (Place, BlockList)>,
    used: RefCell<BTreeSet<String>>,
}

impl BlockList {
    /// Whether this caller is on the list.
    pub fn blocks(&self, caller: &CallerId) -> bool {
        match caller {
            CallerId::Number(number) => self.has(*number),
            CallerId::Withheld => self.withheld,
            // Nobody is on a list of numbers who has none.
            CallerId::Other(_) => false,
        }
    }

    /// Whether nobody is on the list.
    pub fn is_empty(&self) -> bool {
        self.numbers.is_empty() && self.prefixes.is_empty() && !self.withheld
    }

    fn has(&self, number: PhoneNumber) -> bool {
        self.numbers.contains(&number) || self.prefixes.iter().any(|digits| number.begins_with(digits))
    }

    fn add_all(&mut self, other: &Self) {
        self.numbers.extend(&other.numbers);
        self.prefixes.extend(other.prefixes.iter().cloned());
        self.withheld |= other.withheld;
    }

    /// Adds what is written here; `false` if it is no caller. A list's own name is left to whoever knows the lists.
    fn add(&mut self, value: &Value<'_>) -> bool {
        let Some(text) = value.raw_text().map(str::trim) else { return false };
        if text == WITHHELD {
            self.withheld = true;
            return true;
        }
        if let Some(digits) = text.strip_prefix('+').and_then(|text| text.strip_suffix('*')) {
            let is_short = (1..=15).contains(&digits.len()) && !digits.starts_with('0');
            let plain = is_short && digits.bytes().all(|byte| byte.is_ascii_digit());
            self.prefixes.extend(plain.then(|| digits.to_owned()));
            return plain;
        }
        let Ok(number) = text.parse::<PhoneNumber>() else { return false };
        if self.has(number) {
            value.report.warning(&value.place, "blocked already by what stands before it");
        }
        self.numbers.insert(number);
        true
    }
}

/// How many, and not whom.
impl fmt::Debug for BlockList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} numbers, {} prefixes", self.numbers.len(), self.prefixes.len())?;
        if self.withheld { f.write_str(", withheld") } else { Ok(()) }
    }
}

/// How a person reads it.
impl fmt::Display for BlockList {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let count = |count: usize, one: &str, several: &str| match count {
            0 => None,
            1 => Some(format!("1 {one}")),
            many => Some(format!("{many} {several}")),
        };
        let numbers = count(self.numbers.len(), "number", "numbers");
        let prefixes = count(self.prefixes.len(), "prefix", "prefixes");
        let withheld = self.withheld.then(|| "withheld numbers".to_owned());
        let parts: Vec<_> = [numbers, prefixes, withheld].into_iter().flatten().collect();
        f.write_str(&parts.join(", "))
    }
}

/// Reads `[blocklists]`.
pub(super) fn read_shared(section: Section<'_>, report: &Report) -> SharedLists {
    let mut lists = BTreeMap::new();
    for (name, value) in section.into_named() {
        let place = value.place.clone();
        if name == WITHHELD {
            report.problem(&place, "this name stands for callers who withhold their number");
            continue;
        }
        let Some(mut section) = value.section() else { continue };
        let mut list = BlockList::default();
        let callers = section.require("callers", "a list of callers").and_then(Value::list).unwrap_or_default();
        for value in callers {
            if !list.add(&value) {
                value.problem(format!("expected {CALLER}"));
            }
        }
        section.finish();
        lists.insert(name, (place, list));
    }
    SharedLists { lists, used: RefCell::default() }
}

impl SharedLists {
    /// Reads `block` of a line.
    pub(super) fn read_block(&self, value: Value<'_>) -> BlockList {
        let (place, report) = (value.place.clone(), value.report);
        let mut list = BlockList::default();
        let Some(entries) = value.list() else { return list };
        for entry in entries {
            if list.add(&entry) {
                continue;
            }
            let name = entry
                .raw_text()
                .map(str::trim)
                .filter(|name| is_name(name) && name.parse::<u64>().is_err())
                .map(str::to_owned);
            match name {
                Some(name) => self.add_shared(&name, &entry, &mut list),
                None => entry.problem(format!("expected {CALLER}, or the name of a list of `[blocklists]`")),
            }
        }
        if list.is_empty() {
            report.warning(&place, "blocks nobody");
        }
        list
    }

    fn add_shared(&self, name: &str, entry: &Value<'_>, list: &mut BlockList) {
        match self.lists.get(name) {
            Some((_, shared)) => {
                self.used.borrow_mut().insert(name.to_owned());
                list.add_all(shared);
            }
            None => {
                let known = self.lists.keys().map(String::as_str).chain([WITHHELD]);
                entry.problem(format!("no block list is named `{}`{}", shown(name), did_you_mean(name, known)));
            }
        }
    }

    /// Warns of lists that no line uses.
    pub(super) fn report_unused(&self, report: &Report) {
        let used = self.used.borrow();
        for (_, (place, _)) in self.lists.iter().filter(|(name, _)| !used.contains(*name)) {
            report.warning(place, "no line uses this list");
        }
    }
}

/// Stands for everybody who withholds their number, however the carrier writes that.
const WITHHELD: &str = "withheld";
const CALLER: &str = "a number such as \"+4930123456\", the beginning of numbers such as \"+4930*\", or \"withheld\"";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_blocked_by_number_by_prefix_and_for_withholding_their_number() {
        let list = BlockList {
            numbers: ["+447700900001".parse().unwrap()].into(),
            prefixes: ["44777".to_owned()].into(),
            withheld: true,
        };
        let blocks = |from: &str| list.blocks(&CallerId::read(from));

        for from in ["+447700900001", "+447770000001", "anonymous", "+266696687", "Private", ""] {
            assert!(blocks(from), "{from}");
        }
        for from in ["+447700900002", "+4930123456", "sip:ana@example.org", "client:ana"] {
            assert!(!blocks(from), "{from}");
        }
    }

    #[test]
    fn withheld_numbers_are_never_a_number_on_a_list() {
        let list = BlockList { prefixes: ["2".to_owned(), "1".to_owned()].into(), ..BlockList::default() };

        for from in ["+266696687", "+2562533", "+17378742833"] {
            assert!(!list.blocks(&CallerId::read(from)), "{from} is withheld, and no identity");
        }
    }

    #[test]
    fn a_list_prints_how_many_are_on_it_and_not_who() {
        let mut list = BlockList { numbers: ["+447700900001".parse().unwrap()].into(), ..BlockList::default() };
        assert_eq!(list.to_string(), "1 number");

        list.add_all(&BlockList { prefixes: ["44".to_owned(), "1".to_owned()].into(), ..BlockList::default() });
        list.withheld = true;
        assert_eq!(list.to_string(), "1 number, 2 prefixes, withheld numbers");
        assert_eq!(format!("{list:?}"), "1 numbers, 2 prefixes, withheld");
    }
}
