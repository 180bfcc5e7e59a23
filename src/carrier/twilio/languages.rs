//! How the carrier calls languages: it wants a country with each, also where nobody has named one.

use ringall_core::flow::Language;

/// The carrier's name of a language; as it was written where it has a country, or is none of the usual ones.
pub fn language_code(language: &Language) -> &str {
    let usual = COUNTRIES.iter().find(|(tongue, _)| language.as_str().eq_ignore_ascii_case(tongue));
    usual.map_or(language.as_str(), |(_, code)| code)
}

/// Languages that the carrier speaks (carrier contract §3.1), each as most of its speakers hear it.
const COUNTRIES: [(&str, &str); 26] = [
    ("ar", "arb"),
    ("ca", "ca-ES"),
    ("cs", "cs-CZ"),
    ("cy", "cy-GB"),
    ("da", "da-DK"),
    ("de", "de-DE"),
    ("el", "el-GR"),
    ("en", "en-US"),
    ("es", "es-ES"),
    ("fi", "fi-FI"),
    ("fr", "fr-FR"),
    ("hi", "hi-IN"),
    ("hu", "hu-HU"),
    ("is", "is-IS"),
    ("it", "it-IT"),
    ("ja", "ja-JP"),
    ("ko", "ko-KR"),
    ("nb", "nb-NO"),
    ("nl", "nl-NL"),
    ("pl", "pl-PL"),
    ("pt", "pt-PT"),
    ("ro", "ro-RO"),
    ("ru", "ru-RU"),
    ("sv", "sv-SE"),
    ("tr", "tr-TR"),
    ("zh", "zh-CN"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_without_a_country_are_given_one_and_others_stay() {
        let code = |text: &str| language_code(&text.parse().unwrap()).to_owned();

        assert_eq!(["de", "EN", "de-AT", "tlh"].map(code), ["de-DE", "en-US", "de-AT", "tlh"]);
        assert!(COUNTRIES.is_sorted());
    }
}
