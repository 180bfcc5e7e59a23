//! Our own names in addresses, as a stranger may write them: `/`-separated, like a path.

use std::{fmt::Display, str::FromStr};

use ringall::urls::{Urls, told_of_segment, told_segment};
use ringall_core::{
    call::Told,
    id::{CallSid, LegId, RoundId, VisitId},
};
use url::Url;

pub(crate) fn run(input: &[u8]) {
    let text = String::from_utf8_lossy(input);
    let mut segments = text.split('/');
    let mut next = || segments.next().unwrap_or_default();
    let (call, round, leg, visit, why) = (next(), next(), next(), next(), next());
    let (round, leg, visit) = (read::<RoundId>(round), read::<LegId>(leg), read::<VisitId>(visit));
    let why = told_of_segment(why);
    assert_eq!(told_of_segment(told_segment(why)), why);

    let Ok(call) = call.parse::<CallSid>() else { return };
    assert!((1..=64).contains(&call.as_str().len()));
    lies_under_our_address(&call, round, leg, visit, why);
}

/// What is read prints as something that reads as the same, and the one after it is another, up to the last.
fn read<T: FromStr + Display + PartialEq + Copy + std::fmt::Debug>(text: &str) -> Option<T> {
    let id: T = text.parse().ok()?;
    assert_eq!(id.to_string().parse().ok(), Some(id), "{text:?}");
    Some(id)
}

/// Whatever the names are, the addresses made of them lie below ours, segment by segment.
fn lies_under_our_address(
    call: &CallSid,
    round: Option<RoundId>,
    leg: Option<LegId>,
    visit: Option<VisitId>,
    why: Told,
) {
    let urls = Urls::new(&Url::parse("https://hotline.example.org/desk").expect("an address"));
    let mut addresses = vec![(urls.caller_now(call), vec!["now".to_owned()])];
    if let Some(visit) = visit {
        addresses.push((urls.caller_after(call, visit), vec!["after".to_owned(), visit.to_string()]));
    }
    if let Some(leg) = leg {
        let told = ["legs", &leg.to_string(), "told", told_segment(why)].map(str::to_owned);
        addresses.push((urls.leg_told(call, leg, why), told.to_vec()));
        if let Some(round) = round {
            let path = ["rounds", &round.to_string(), "legs", &leg.to_string(), "key"].map(str::to_owned);
            addresses.push((urls.leg_key(call, round, leg), path.to_vec()));
        }
    }
    for (address, behind) in addresses {
        let url = Url::parse(&address).expect("an address that a carrier can call");
        let segments: Vec<_> = url.path_segments().expect("a path").map(str::to_owned).collect();
        let expected = ["desk", "voice", "calls", call.as_str()].into_iter().map(str::to_owned).chain(behind);
        assert_eq!(segments, expected.collect::<Vec<_>>(), "{address}");
        assert_eq!((url.host_str(), url.query(), url.as_str()), (Some("hotline.example.org"), None, &*address));
    }
}
