//! Sound files beside the configuration, which we serve to the carrier. They are read once, so that no answer ever waits
//! for a disk; nothing but what the configuration names can be fetched.

use std::{
    cell::RefCell,
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use bytes::Bytes;

use super::{problem::Place, problem::Report, reader::Text};

/// A sound file, as it is served.
#[derive(Clone, PartialEq, Eq)]
pub struct Sound {
    /// Its media type.
    pub content_type: &'static str,
    /// All of it.
    pub bytes: Bytes,
}

/// Every sound file by its name.
pub type SoundFiles = BTreeMap<String, Sound>;

/// Reads the files that the configuration names, each once.
#[derive(Debug)]
pub(super) struct Sounds {
    directory: PathBuf,
    /// `None` for one that cannot be used.
    read: RefCell<BTreeMap<String, Result<Sound, String>>>,
}

impl Sounds {
    /// Files in this directory.
    pub(super) fn beside(directory: &Path) -> Self {
        Self { directory: directory.to_owned(), read: RefCell::default() }
    }

    /// Whether the file of this name can be served; reports why not.
    pub(super) fn has(&self, name: &Text, report: &Report) -> bool {
        let mut read = self.read.borrow_mut();
        let sound = read.entry(name.text.clone()).or_insert_with(|| read_sound(&self.directory, &name.text));
        if let Err(why) = sound {
            report.problem(&name.place, why.clone());
        }
        sound.is_ok()
    }

    /// What was read.
    pub(super) fn into_files(self) -> SoundFiles {
        let read = self.read.into_inner().into_iter();
        read.filter_map(|(name, sound)| Some((name, sound.ok()?))).collect()
    }

    /// Reports a file whose name is that of a file elsewhere.
    pub(super) fn report_path(place: &Place, report: &Report) {
        report.problem(place, "expected the bare name of a file beside the configuration, or an address");
    }
}

fn read_sound(directory: &Path, name: &str) -> Result<Sound, String> {
    let Some(content_type) = content_type_of(name) else {
        return Err(format!("expected a sound whose name ends in {}", endings()));
    };
    let path = directory.join(name);
    let size = match fs::metadata(&path) {
        // Whatever else could be read here might never end.
        Ok(file) if !file.is_file() => return Err("no file, though something else has this name".to_owned()),
        Ok(file) => file.len(),
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            return Err("there is no such file beside the configuration".to_owned());
        }
        Err(error) => return Err(format!("cannot be read: {}", error.kind())),
    };
    if size > LARGEST_BYTES {
        return Err(format!("larger than {} MiB, which is too much to be fetched in a call", LARGEST_BYTES / MEBIBYTE));
    }
    let bytes = fs::read(&path).map_err(|error| format!("cannot be read: {}", error.kind()))?;
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if content_type == WAV && !(bytes.starts_with(b"RIFF") && bytes.get(8..12) == Some(b"WAVE")) {
        return Err("named as a WAV recording, but it is none".to_owned());
    }
    Ok(Sound { content_type, bytes: bytes.into() })
}

/// Whether this can be the name of a file beside the configuration, and of nothing else.
pub(super) fn is_file_name(name: &str) -> bool {
    let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
    (1..=LONGEST_NAME).contains(&name.len()) && !name.starts_with('.') && name.chars().all(plain)
}

fn content_type_of(name: &str) -> Option<&'static str> {
    let (_, ending) = name.rsplit_once('.')?;
    let known = CONTENT_TYPES.iter().find(|(known, _)| ending.eq_ignore_ascii_case(known));
    known.map(|(_, content_type)| *content_type)
}

fn endings() -> String {
    let endings: Vec<_> = CONTENT_TYPES.iter().map(|(ending, _)| format!("`.{ending}`")).collect();
    let (last, others) = endings.split_last().expect("there are some");
    format!("{} or {last}", others.join(", "))
}

impl fmt::Debug for Sound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes of {}", self.bytes.len(), self.content_type)
    }
}

const WAV: &str = "audio/wav";
/// What the carrier plays (carrier contract §3.1).
const CONTENT_TYPES: [(&str, &str); 6] = [
    ("wav", WAV),
    ("mp3", "audio/mpeg"),
    ("aiff", "audio/aiff"),
    ("aif", "audio/aiff"),
    ("gsm", "audio/x-gsm"),
    ("ulaw", "audio/ulaw"),
];
const MEBIBYTE: u64 = 1024 * 1024;
const LARGEST_BYTES: u64 = 16 * MEBIBYTE;
const LONGEST_NAME: usize = 100;
