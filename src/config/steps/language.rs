//! `language`: from this step on the caller is spoken to in another language.

use super::action::{Action, Context, Lead, read_lead};
use crate::config::{
    languages::read_language,
    reader::{Section, Value},
};

/// Reads a step with `language`.
pub(super) fn read<'a>(value: Value<'a>, section: &mut Section<'a>, context: &Context<'_>) -> Option<Action> {
    let place = section.place.clone();
    let next = read_lead(section, "next", Lead::End);
    if let Lead::End = next {
        context
            .report
            .problem(&place.key("next", place.offset), "missing; expected the step that goes on in this language");
    }
    Some(Action::Language { language: read_language(value)?, next })
}
