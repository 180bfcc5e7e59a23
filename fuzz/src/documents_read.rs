//! Documents as the simulated carrier reads them: any text that a server may answer with.

use ringall::simulator::door::read_document;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let Ok(reading) = read_document(&text) else { return };

    for (verb, content) in &reading.verbs {
        // Nothing that is not in the document, and nothing longer than the carrier speaks.
        assert!(content.len() <= text.len().max(10), "{verb} {content:?}");
        assert!(*verb != "Say" || content.len() <= 4096, "{content:?}");
    }
    assert!(reading.verbs.len() <= text.len() && reading.warnings.len() <= text.len());
    assert_eq!(read_document(&text), Ok(reading));
}
