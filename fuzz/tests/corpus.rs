//! Every input that is kept, once more: seeds, what widened the coverage, and what once broke something.

use std::{
    fs,
    path::{Path, PathBuf},
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
