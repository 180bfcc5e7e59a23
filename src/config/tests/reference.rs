//! Every key that a reader knows is explained on the page, and every key that the page explains is read.

use std::{collections::BTreeSet, fmt::Write as _};

use super::*;
use crate::config::{
    blocks, carrier, directory, groups, hours, lines, lookups, notices, people, prompts,
    reference::{Default, Keys, Row, asked_by},
    server, steps, words,
};

/// Every table of keys, wherever it is declared. A new one stands here, and its mark on the page.
const TABLES: &[&Keys] = &[
    &server::FILE,
    &server::SERVER,
    &server::STORE,
    &carrier::CARRIER,
    &carrier::SECRET_SOURCE,
    &people::PERSON,
    &groups::GROUP,
    &groups::DETECTION,
    &lines::LINE_KEYS,
    &words::LINE_WORDS,
    &words::GENERAL_WORDS,
    &hours::HOURS,
    &prompts::SOUND,
    &steps::STEP_KINDS,
    &steps::BESIDE_RING,
    &steps::BESIDE_SAY,
    &steps::BESIDE_HOURS,
    &steps::BESIDE_MENU,
    &steps::BESIDE_FORWARD,
    &steps::BESIDE_QUEUE,
    &steps::BESIDE_LOOKUP,
    &steps::BESIDE_BRANCH,
    &lookups::LOOKUP,
    &blocks::BLOCK_LIST,
    &steps::BESIDE_LANGUAGE,
    &directory::OFFICE,
    &steps::BESIDE_VOICEMAIL,
    &notices::NOTICES,
    &steps::TIER,
];

#[test]
fn the_page_shows_every_table_as_it_is_declared() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/configuration.md");
    let page = fs::read_to_string(&path).unwrap();

    let rendered = with_tables(&page).unwrap_or_else(|problem| panic!("docs/configuration.md: {problem}"));

    if std::env::var_os("RINGALL_WRITE_DOCS").is_some() {
        return fs::write(&path, rendered).unwrap();
    }
    let changed = page.lines().zip(rendered.lines()).find(|(page, rendered)| page != rendered);
    assert!(
        page == rendered,
        "the tables of docs/configuration.md are not those that are declared; write them anew with \
         `RINGALL_WRITE_DOCS=1 cargo test --lib the_page_shows`; first difference: {changed:#?}"
    );
}

#[test]
fn every_key_that_is_asked_for_is_declared() {
    let asked = asked_by(|| {
        for text in texts_with_everything() {
            // What is wrong with it does not matter here.
            drop(Config::parse_beside(&in_config("examples"), &text, Strictness::Check));
        }
    });

    let undeclared: Vec<_> = asked.iter().filter(|(path, key)| !is_declared(path, key)).collect();

    assert!(
        undeclared.is_empty(),
        "these keys are read but not explained; declare them with `keys!` beside their reader: {undeclared:#?}"
    );
}

#[test]
fn every_key_that_is_declared_is_read() {
    for table in TABLES {
        for (at, key) in table.at.iter().flat_map(|at| table.names.iter().map(move |key| (at, key))) {
            assert!(!is_unknown(at, table.beside, key), "table `{}`: nobody reads `{key}` at `{at}`", table.table);
        }
        for at in table.at {
            assert!(is_unknown(at, table.beside, "nobody-reads-this"), "`{at}`: this test cannot fail");
        }
    }
}

#[test]
fn every_kind_of_step_has_a_table_of_the_keys_beside_it() {
    for (kind, beside) in steps::kinds_and_keys() {
        assert!(steps::STEP_KINDS.names.contains(&kind), "`{kind}` is not in the table `steps`");
        let table = TABLES.iter().find(|table| table.at == ["steps.*"] && table.beside == kind);
        let declared: BTreeSet<_> = table.iter().flat_map(|table| table.names).copied().collect();
        let read: BTreeSet<_> = beside.iter().copied().collect();
        assert_eq!(declared, read, "the keys beside `{kind}`");
    }
}

/// The examples, the reference with what is commented out in it, and steps of each kind with nothing beside them.
fn texts_with_everything() -> Vec<String> {
    let reference = fs::read_to_string(in_config("ringall.example.toml")).unwrap();
    let mut texts = vec![reference.lines().map(uncomment).collect::<Vec<_>>().join("\n")];
    for entry in fs::read_dir(in_config("examples")).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "toml") {
            texts.push(fs::read_to_string(path).unwrap());
        }
    }
    texts.extend(TABLES.iter().flat_map(|table| table.at.iter().map(|at| text_with(at, table.beside, "zone"))));
    texts
}

fn is_declared(path: &str, key: &str) -> bool {
    // An office is a line.
    if let Some(office) = path.strip_prefix("directory.")
        && is_declared(&format!("lines.{office}"), key)
    {
        return true;
    }
    TABLES.iter().any(|table| table.names.contains(&key) && table.at.iter().any(|at| leads_to(at, path)))
}

/// Whether a place such as `steps.*.tiers[]` is that of `steps.first.tiers[0]`.
fn leads_to(at: &str, path: &str) -> bool {
    let parts = |path: &str| path.split('.').map(str::to_owned).collect::<Vec<_>>();
    let (at, path) = (parts(at), parts(path));
    at.len() == path.len()
        && at.iter().zip(&path).all(|(at, path)| match at.strip_suffix("[]") {
            Some(list) => path.strip_prefix(list).is_some_and(|item| item.starts_with('[')),
            None => at == "*" || at == path,
        })
}

/// Whether `key` is an unknown key there.
fn is_unknown(at: &str, beside: &str, key: &str) -> bool {
    let found = Config::parse(&text_with(at, beside, key), Strictness::Check).expect_err("0 is right nowhere");
    found.iter().any(|problem| problem.path().ends_with(key) && problem.text().starts_with("unknown key"))
}

/// A file with nothing but `key = 0` at this place, and the kind of step that it stands beside.
fn text_with(at: &str, beside: &str, key: &str) -> String {
    let places: Vec<_> = at.split('.').collect();
    let header = match places.as_slice() {
        [""] => String::new(),
        ["steps", "*", "*"] => "[steps.a.say]".to_owned(),
        ["steps", "*", rest @ ..] if !rest.is_empty() => {
            let table = rest.join(".");
            let of_list = table.strip_suffix("[]").map(|list| format!("[[steps.a.{list}]]"));
            format!("[steps.a]\n{beside} = \"x\"\n{}", of_list.unwrap_or_else(|| format!("[steps.a.{table}]")))
        }
        _ if beside.is_empty() => format!(
            "[{}]",
            at.replace('*', "a")
                .replace("lines.a", "lines.\"+4930123456\"")
                .replace("directory.a", "directory.\"+4930123457\"")
        ),
        _ => format!("[steps.a]\n{beside} = \"x\""),
    };
    format!("{header}\n{key} = 0\n")
}

/// The page with the tables written anew between their marks.
fn with_tables(page: &str) -> Result<String, String> {
    let mut written = String::new();
    let mut shown = BTreeSet::new();
    let mut lines = page.lines();
    while let Some(line) = lines.next() {
        let _ = writeln!(written, "{line}");
        let Some(names) = line.strip_prefix(MARK).and_then(|rest| rest.strip_suffix(" -->")) else { continue };
        let tables: Result<Vec<_>, _> = names.split_whitespace().map(|name| find(name, &mut shown)).collect();
        written.push_str(&table(&tables?));
        if !lines.any(|line| line == END_MARK) {
            return Err(format!("the table `{names}` has no `{END_MARK}`"));
        }
        let _ = writeln!(written, "{END_MARK}");
    }
    let missing = TABLES.iter().find(|table| !shown.contains(table.table));
    match missing {
        Some(missing) => {
            Err(format!("the table `{0}` is nowhere: write `{MARK}{0} -->` and `{END_MARK}`", missing.table))
        }
        None => Ok(written),
    }
}

fn find<'a>(name: &'a str, shown: &mut BTreeSet<&'a str>) -> Result<&'static Keys, String> {
    let table = TABLES.iter().find(|table| table.table == name).ok_or(format!("no table is named `{name}`"))?;
    if shown.insert(name) { Ok(table) } else { Err(format!("the table `{name}` is there twice")) }
}

/// Several tables are shown as one; the keys of the later ones with their section.
fn table(tables: &[&Keys]) -> String {
    let Some(first) = tables.first() else { return String::new() };
    let head: Vec<_> = first.head.split('|').map(str::trim).collect();
    let mut text = line_of(&head.iter().map(ToString::to_string).collect::<Vec<_>>(), head.len());
    text.push_str(&line_of(&vec!["---".to_owned(); head.len()], head.len()));
    for (index, table) in tables.iter().enumerate() {
        let section = if index == 0 { String::new() } else { format!("{}.", table.at[0]) };
        for row in table.rows {
            text.push_str(&line_of(&cells(row, &section), head.len()));
        }
    }
    text
}

fn cells(row: &Row, section: &str) -> Vec<String> {
    let names: Vec<_> = row.names.iter().map(|name| format!("`{section}{name}`")).collect();
    let mut cells = vec![row.shown.map_or_else(|| names.join(", "), str::to_owned)];
    match row.default {
        Default::Value(value) => cells.push(format!("`{value}`")),
        Default::Words(words) => cells.push(words.to_owned()),
        Default::NoColumn => {}
    }
    let doc = row.doc.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    cells.extend(doc.split('|').map(|cell| cell.trim().to_owned()));
    cells
}

fn line_of(cells: &[String], columns: usize) -> String {
    let mut line = "|".to_owned();
    for column in 0..columns {
        match cells.get(column).map_or("", String::as_str) {
            "" => line.push_str(" |"),
            cell => {
                let _ = write!(line, " {cell} |");
            }
        }
    }
    line.push('\n');
    line
}

const MARK: &str = "<!-- keys: ";
const END_MARK: &str = "<!-- end of keys -->";
