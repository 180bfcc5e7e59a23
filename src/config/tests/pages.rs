//! What a new user copies first.

use super::*;

#[test]
fn the_files_of_the_readme_load_without_a_warning() {
    let page = include_str!("../../../README.md");
    let fragments: Vec<_> = page.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next()).collect();
    let [whole, flow] = fragments.as_slice() else {
        panic!("a file, and the flow that can stand in it: {fragments:?}")
    };
    let whole = whole.replace("{ env = \"TWILIO_AUTH_TOKEN\" }", "\"a-token\"");
    let (before, _) = whole.split_once("[lines.").unwrap();

    for text in [whole.clone(), format!("{before}{flow}")] {
        let (config, warnings) = parse(&text);

        assert_eq!(warnings, [], "{text}");
        assert_eq!(config.lines.len(), 1, "{text}");
    }
}
