//! Every input that is kept, once more: seeds, what widened the coverage, and what once broke something.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use ringall_fuzz::TARGETS;

#[test]
fn nothing_that_was_ever_found_breaks_a_promise_again() {
    for target in TARGETS {
        let inputs = inputs_of(target.name);
        assert!(inputs.len() >= FEWEST, "{} has {} inputs", target.name, inputs.len());
        for (name, input) in inputs {
            eprintln!("{}/{name}", target.name);
            (target.run)(&input);
        }
    }
}

#[test]
fn every_directory_of_the_corpus_belongs_to_a_target() {
    let mut directories: Vec<_> = entries(&corpus()).into_iter().map(|(name, _)| name).collect();
    directories.sort();

    assert_eq!(directories, TARGETS.iter().map(|target| target.name).collect::<Vec<_>>());
}

/// As long as an input may be, and nothing but one thing over and over: what is read by looking back, or by calling
/// itself, would take too long or fall over.
#[test]
fn inputs_that_go_on_and_on_are_read_in_time() {
    const PATTERNS: [&str; 24] = [
        "<a>",
        "<Response>",
        "&a;",
        "&#1",
        "[",
        "[[a]]\n",
        "{\"a\":",
        "{a={",
        "%",
        "%4",
        "&",
        "=",
        "a=1&",
        "+",
        "(",
        "1 ",
        "é",
        "\n",
        "a=1\n",
        "s&",
        "\u{1e}s<",
        "POST /voice a\n",
        "../",
        "1s ",
    ];
    for target in TARGETS {
        let seeds = inputs_of(target.name).into_iter().map(|(_, input)| input);
        let patterns = PATTERNS.iter().map(|pattern| pattern.as_bytes().to_vec());
        let openings = PATTERNS.iter().map(|pattern| format!("<Response>{}", pattern.repeat(10_000)).into_bytes());
        for unit in seeds.chain(patterns).chain(openings).filter(|unit| !unit.is_empty()) {
            #[expect(clippy::disallowed_methods, reason = "a test's own watch")]
            let begun = Instant::now();
            let input: Vec<_> = unit.iter().copied().cycle().take(target.longest_kib * 1024).collect();
            (target.run)(&input);
            let took = begun.elapsed();
            let beginning = String::from_utf8_lossy(&unit[..unit.len().min(60)]).into_owned();
            assert!(took < LONGEST_READING, "{}: {took:?} for {beginning:?} over and over", target.name);
        }
    }
}

fn inputs_of(target: &str) -> Vec<(String, Vec<u8>)> {
    let files = entries(&corpus().join(target)).into_iter();
    files.map(|(name, path)| (name, fs::read(path).expect("a readable input"))).collect()
}

fn entries(directory: &Path) -> Vec<(String, PathBuf)> {
    let entries = fs::read_dir(directory).expect("a directory for every target");
    let entries = entries.map(|entry| entry.expect("a readable directory"));
    entries.map(|entry| (entry.file_name().to_string_lossy().into_owned(), entry.path())).collect()
}

fn corpus() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus")
}

const FEWEST: usize = 5;
/// Without optimisation, on a busy machine.
const LONGEST_READING: Duration = Duration::from_secs(10);
