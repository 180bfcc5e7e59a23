//! Hearing a message: the page behind the link in a notice, and who gets to hear what.

use axum::body::Body;
use http::{HeaderMap, Method, Request, StatusCode, header};
use http_body_util::BodyExt as _;
use ringall::simulator::RestFault;
use tower::ServiceExt as _;

use super::{
    support::{Stage, TOKEN, World, conversations, seconds, stage::Setup},
    voicemail::{office, until_told},
};

conversations! {
    anywhere: [
        an_office_that_does_not_answer_takes_a_message_which_is_heard_after_a_press,
    ],
    virtual_time: [
        a_link_preview_plays_nothing_and_asks_the_carrier_for_nothing,
        an_altered_link_leads_nowhere,
        a_link_that_has_expired_says_so,
        a_press_is_good_for_an_hour,
        a_link_outlives_a_change_of_the_token,
        a_player_that_asks_for_a_part_gets_it,
        a_message_that_was_deleted_or_cannot_be_had_is_no_crash,
        no_more_than_a_few_listen_at_once,
        whoever_has_one_link_keeps_nobody_from_hearing_another_message,
        the_page_tells_of_the_line_by_its_own_clock_and_escapes_its_name,
    ],
}

async fn an_office_that_does_not_answer_takes_a_message_which_is_heard_after_a_press(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;

    let page = visit(&world, Method::GET, &link, None).await;
    assert_eq!(page.status, StatusCode::OK);
    assert!(page.text().contains("Hotline") && page.text().contains("2 s"), "{}", page.text());
    let pressed = visit(&world, Method::POST, &link, None).await;
    let sound = pressed.sound().expect("a player");
    let heard = visit(&world, Method::GET, &sound, None).await;

    assert_eq!((heard.status, heard.header("content-type")), (StatusCode::OK, "audio/mpeg"));
    let recording = &world.carrier.recordings()[0].sid;
    assert!(heard.text().starts_with(&format!("ID3 {recording}")), "{} bytes", heard.body.len());
    assert_eq!(heard.body.len(), 8000);
    world.finish().await;
}

async fn a_link_preview_plays_nothing_and_asks_the_carrier_for_nothing(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;

    for method in [Method::GET, Method::HEAD] {
        let page = visit(&world, method, &link, None).await;

        assert_eq!((page.status, page.sound()), (StatusCode::OK, None));
        for (name, value) in [
            ("cache-control", "no-store"),
            ("referrer-policy", "no-referrer"),
            ("x-robots-tag", "noindex, nofollow, noarchive"),
            ("x-content-type-options", "nosniff"),
        ] {
            assert_eq!(page.header(name), value);
        }
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'; style-src 'sha256-") && !policy.contains("unsafe"), "{policy}");
        assert!(!page.text().contains("<script") && !page.text().contains("<audio"), "{}", page.text());
    }

    assert_eq!(world.carrier.times_listened(), 0);
    let guessed = visit(&world, Method::GET, &format!("{link}/sound/AAAA"), None).await;
    assert_eq!((guessed.status, world.carrier.times_listened()), (StatusCode::GONE, 0));
    world.finish().await;
}

async fn an_altered_link_leads_nowhere(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;
    let ticket = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

    let token = link.rsplit('/').next().expect("a token");
    let other = if token.starts_with('B') { 'C' } else { 'B' };
    let altered = format!("{other}{}", &token[1..]);
    for path in [
        format!("/recordings/{altered}"),
        format!("/recordings/{}", &token[..token.len() - 1]),
        "/recordings/RE0123456789abcdef0123456789abcdef".to_owned(),
        "/recordings/..%2F..%2Fetc%2Fpasswd".to_owned(),
        ticket.replace(token, &altered),
    ] {
        for method in [Method::GET, Method::POST] {
            let answer = visit(&world, method, &path, None).await;
            assert!(answer.status.is_client_error() && answer.sound().is_none(), "{path}: {}", answer.status);
        }
    }
    assert_eq!(world.carrier.times_listened(), 0);
    world.finish().await;
}

async fn a_link_that_has_expired_says_so(stage: Stage) {
    let world = with_notices(office(stage), "links_last = \"1h\"").open().await;
    let link = message_of(&world).await;
    let sound = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

    world.after(seconds(3500)).await;
    assert_eq!(visit(&world, Method::GET, &link, None).await.status, StatusCode::OK);
    world.after(seconds(101)).await;

    for (method, path) in [(Method::GET, &link), (Method::POST, &link), (Method::GET, &sound)] {
        let answer = visit(&world, method, path, None).await;
        assert_eq!(answer.status, StatusCode::GONE);
        assert!(answer.text().contains("This link has expired"), "{}", answer.text());
    }
    world.finish().await;
}

async fn a_press_is_good_for_an_hour(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;
    let sound = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

    world.after(seconds(3500)).await;
    assert_eq!(visit(&world, Method::GET, &sound, None).await.status, StatusCode::OK);
    world.after(seconds(101)).await;

    assert_eq!(visit(&world, Method::GET, &sound, None).await.status, StatusCode::GONE);
    assert_eq!(visit(&world, Method::GET, &link, None).await.status, StatusCode::OK, "it can be pressed again");
    world.finish().await;
}

async fn a_link_outlives_a_change_of_the_token(stage: Stage) {
    let world = office(stage).carrier("previous_auth_token = \"the-token-before\"").open().await;
    let link = message_of(&world).await;
    let links = |tokens: &[&str]| {
        ringall::links::Links::new(&tokens.iter().map(|token| ringall::secret::Secret::new(*token)).collect::<Vec<_>>())
    };
    let token = link.rsplit('/').next().expect("a token");
    let named = links(&[TOKEN]).read(token, ringall_core::time::Timestamp::from_millis(0)).expect("our own link");

    let before = format!("/recordings/{}", links(&["the-token-before"]).sign(&named));
    let never = format!("/recordings/{}", links(&["another-token"]).sign(&named));

    assert_eq!(visit(&world, Method::GET, &before, None).await.status, StatusCode::OK);
    assert_eq!(visit(&world, Method::GET, &never, None).await.status, StatusCode::NOT_FOUND);
    world.finish().await;
}

async fn a_player_that_asks_for_a_part_gets_it(stage: Stage) {
    for serves_ranges in [true, false] {
        let world = office(stage).switches(|switches| switches.serves_ranges = serves_ranges).open().await;
        let link = message_of(&world).await;
        let sound = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

        let whole = visit(&world, Method::GET, &sound, None).await;
        assert_eq!((whole.status, whole.header("accept-ranges")), (StatusCode::OK, "bytes"));
        for (range, from, until) in [("bytes=0-1", 0, 2), ("bytes=4-9", 4, 10), ("bytes=7990-", 7990, 8000)] {
            let part = visit(&world, Method::GET, &sound, Some(range)).await;

            let told = format!("bytes {from}-{}/8000", until - 1);
            assert_eq!((part.status, part.header("content-range")), (StatusCode::PARTIAL_CONTENT, told.as_str()));
            assert_eq!(part.header("content-length"), (until - from).to_string());
            assert_eq!(part.body, whole.body[from..until]);
        }
        for odd in ["bytes=0-1,5-6", "bytes=9000-", "bytes=-", "lines=1-2"] {
            let answer = visit(&world, Method::GET, &sound, Some(odd)).await;
            assert_eq!((answer.status, answer.body.len()), (StatusCode::OK, 8000), "{odd}");
        }
        world.finish().await;
    }
}

async fn a_message_that_was_deleted_or_cannot_be_had_is_no_crash(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;
    let sound = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

    for (fault, status) in [
        (RestFault::Server(500), StatusCode::BAD_GATEWAY),
        (RestFault::Unauthorized, StatusCode::BAD_GATEWAY),
        (RestFault::Hang, StatusCode::BAD_GATEWAY),
    ] {
        world.carrier.fail_next_rest(fault);
        let answer = visit(&world, Method::GET, &sound, None).await;
        assert_eq!(answer.status, status, "{fault:?}");
    }
    world.carrier.fail_next_rest(RestFault::Reset);
    assert!(visit(&world, Method::GET, &sound, None).await.body.is_empty(), "a connection that breaks, breaks");
    let recording = world.carrier.recordings()[0].sid.clone();
    assert_eq!(world.delete_recording(&recording).await, 204);
    assert_eq!(visit(&world, Method::GET, &sound, None).await.status, StatusCode::NOT_FOUND);
    world.finish().await;
}

async fn no_more_than_a_few_listen_at_once(stage: Stage) {
    let world = office(stage).open().await;
    let link = message_of(&world).await;
    let sound = visit(&world, Method::POST, &link, None).await.sound().expect("a player");

    let mut open = Vec::new();
    loop {
        let response = ask(&world, Method::GET, &sound, None).await;
        if response.status() == StatusCode::SERVICE_UNAVAILABLE {
            break;
        }
        assert_eq!(response.status(), StatusCode::OK);
        open.push(response);
        assert!(open.len() < 100, "nobody was asked to come back");
    }
    drop(open);

    assert_eq!(visit(&world, Method::GET, &sound, None).await.status, StatusCode::OK);
    world.finish().await;
}

async fn whoever_has_one_link_keeps_nobody_from_hearing_another_message(stage: Stage) {
    let world = office(stage).open().await;
    let first = message_of(&world).await;
    world.come_to_rest().await;
    message_of(&world).await;
    world.come_to_rest().await;
    let texts: Vec<_> = world.phone("Ana").text_messages().into_iter().map(|text| text.body).collect();
    let second = texts.iter().map(|text| link_in(&world, text)).find(|link| *link != first).expect("a second link");
    let sounds = [&first, &second].map(|link| visit(&world, Method::POST, link, None));
    let [of_first, of_second] = futures_util::future::join_all(sounds).await.try_into().ok().expect("two");
    let (of_first, of_second) = (of_first.sound().expect("a player"), of_second.sound().expect("a player"));

    let mut open = Vec::new();
    for _ in 0..40 {
        open.push(ask(&world, Method::GET, &of_first, None).await);
    }
    let heard = visit(&world, Method::GET, &of_second, None).await;

    let let_in = open.iter().filter(|response| response.status() == StatusCode::OK).count();
    assert_eq!((let_in, heard.status), (4, StatusCode::OK));
    drop(open);
    world.finish().await;
}

async fn the_page_tells_of_the_line_by_its_own_clock_and_escapes_its_name(stage: Stage) {
    let setup = office(stage)
        .line("start = \"ring\"\nname = \"<b>Ann & Co</b>\"\nspoken_name = \"Ann\"\nzone = \"Asia/Tokyo\"");
    let world = setup.open().await;
    let link = message_of(&world).await;

    let page = visit(&world, Method::GET, &link, None).await.text();

    assert!(!page.contains("<b>Ann") && page.contains("Ann &#38; Co"), "{page}");
    assert!(page.contains("1 January 2026, 09:00 (Asia/Tokyo)"), "{page}");
    world.finish().await;
}

/// Somebody leaves a message of two seconds; the path of the link that Ana gets.
async fn message_of(world: &World) -> String {
    let caller = world.call();
    caller.until_recorded().await;
    caller.speak(seconds(2));
    caller.until_ends().await;
    link_in(world, &until_told(world, "Ana").await)
}

/// The path of the link in a text message.
fn link_in(world: &World, text: &str) -> String {
    let link = text.split_whitespace().find(|word| word.contains("/recordings/")).expect("a link");
    link.strip_prefix(world.public_url.as_str().trim_end_matches('/')).expect("a link to us").to_owned()
}

/// What somebody at a browser gets.
struct Visited {
    status: StatusCode,
    headers: HeaderMap,
    body: Vec<u8>,
}

impl Visited {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    fn header(&self, name: &str) -> &str {
        self.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
    }

    /// The address of the sound that the page plays.
    fn sound(&self) -> Option<String> {
        let text = self.text();
        let (_, rest) = text.split_once("<audio controls autoplay src=\"")?;
        Some(rest.split('"').next()?.to_owned())
    }
}

async fn visit(world: &World, method: Method, path: &str, range: Option<&str>) -> Visited {
    let response = ask(world, method, path, range).await;
    let (parts, body) = response.into_parts();
    let body = body.collect().await.map(|body| body.to_bytes().to_vec()).unwrap_or_default();
    Visited { status: parts.status, headers: parts.headers, body }
}

async fn ask(world: &World, method: Method, path: &str, range: Option<&str>) -> axum::response::Response {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(range) = range {
        request = request.header(header::RANGE, range);
    }
    match world.program.router().oneshot(request.body(Body::empty()).expect("a request")).await {
        Ok(response) => response,
        Err(never) => match never {},
    }
}

fn with_notices(setup: Setup, keys: &str) -> Setup {
    let steps = super::voicemail::MAILBOX;
    setup.more(&format!("{steps}\n[notices]\n{keys}"))
}
