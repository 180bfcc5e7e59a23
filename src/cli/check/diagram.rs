//! The flows of a configuration drawn: as Mermaid, which many tools show, and as a picture.

use std::fmt::Write as _;

use layout::{
    backends::svg::SVGWriter,
    core::{
        base::Orientation,
        color::Color,
        format::{ClipHandle, RenderBackend},
        geometry::Point,
        style::StyleAttr,
    },
    std_shapes::shapes::{Arrow, Element, ShapeKind},
    topo::layout::VisualGraph,
};

use ringall_core::flow::Flow;

use super::outline;
use crate::config::{Config, Line};

/// A graph of boxes and named arrows.
struct Drawing {
    boxes: Vec<Drawn>,
    arrows: Vec<(usize, String, usize)>,
}

struct Drawn {
    text: String,
    /// A line, where calls come in.
    is_line: bool,
}

/// Characters after which a text goes on in the next line of its box.
const WIDTH: usize = 34;
/// A text is cut there: a diagram shows where calls go, the outline tells every word.
const LONGEST: usize = 170;
const FONT: usize = 13;
const MARGIN: f64 = 30.0;

/// The diagram as Mermaid.
pub(super) fn mermaid(config: &Config) -> String {
    let drawing = Drawing::of(config);
    let mut text = String::from("flowchart TD\n");
    for (index, drawn) in drawing.boxes.iter().enumerate() {
        let (open, close) = if drawn.is_line { ("([", "])") } else { ("[", "]") };
        let _ = writeln!(text, "    n{index}{open}\"{}\"{close}", quoted(&wrapped(&drawn.text).join("\n")));
    }
    for (from, name, to) in &drawing.arrows {
        let name = if name.is_empty() { String::new() } else { format!("|\"{}\"|", quoted(name)) };
        let _ = writeln!(text, "    n{from} -->{name} n{to}");
    }
    text
}

/// The diagram as a picture that a browser shows: one line below the other, each laid out for itself, because no arrow leads
/// from one to another, and to lay out hundreds at once would take hours.
pub(super) fn svg(config: &Config) -> String {
    let mut picture = Picture::new();
    for line in config.lines.values() {
        let mut drawing = Drawing { boxes: Vec::new(), arrows: Vec::new() };
        drawing.add_line(line);
        lay_out(&drawing, &mut picture);
        picture.go_below();
    }
    picture.finish()
}

fn lay_out(drawing: &Drawing, picture: &mut Picture) {
    let mut graph = VisualGraph::new(Orientation::TopToBottom);
    let node = |drawn: &Drawn| {
        let lines = wrapped(&drawn.text);
        let (fill, rounded) = if drawn.is_line { ("honeydew", 15) } else { ("white", 3) };
        let look = StyleAttr::new(Color::fast("dimgray"), 1, Some(Color::fast(fill)), rounded, FONT);
        let size = size_of(&lines);
        Element::create(ShapeKind::new_box(&lines.join("\n")), look, Orientation::TopToBottom, size)
    };
    let nodes: Vec<_> = drawing.boxes.iter().map(|drawn| graph.add_node(node(drawn))).collect();
    for (from, name, to) in &drawing.arrows {
        graph.add_edge(Arrow::simple(name), nodes[*from], nodes[*to]);
    }
    graph.do_it(false, false, false, picture);
}

impl Drawing {
    fn of(config: &Config) -> Self {
        let mut drawing = Self { boxes: Vec::new(), arrows: Vec::new() };
        for line in config.lines.values() {
            drawing.add_line(line);
        }
        drawing
    }

    /// Draws a line, and the ways of its calls.
    fn add_line(&mut self, line: &Line) {
        let text = format!("{} {}", line.number, line.name);
        let number = self.boxes.len();
        self.boxes.push(Drawn { text, is_line: true });
        self.add((number, ""), &line.flow, line);
        if let Some(blocked) = &line.blocked {
            self.add((number, "blocked"), blocked, line);
        }
    }

    /// Draws the way of calls that come from the box `from`, by an arrow of this name.
    fn add(&mut self, (from, name): (usize, &str), flow: &Flow, line: &Line) {
        let first = self.boxes.len();
        self.arrows.push((from, name.to_owned(), first + flow.start().0));
        for (index, named) in flow.steps().iter().enumerate() {
            let told = outline::told_whole(&named.step, line);
            // The program's own steps have names that tell nobody anything.
            let text = if named.name.starts_with('(') { told } else { format!("{}: {told}", named.name) };
            self.boxes.push(Drawn { text, is_line: false });
            for (exit, to) in named.step.exits() {
                self.add_arrow(first + index, exit.name(), first + to.0);
            }
        }
    }

    /// Exits that lead to the same box share an arrow.
    fn add_arrow(&mut self, from: usize, name: &str, to: usize) {
        match self.arrows.iter_mut().find(|arrow| (arrow.0, arrow.2) == (from, to)) {
            Some((_, names, _)) => {
                names.push_str(", ");
                names.push_str(name);
            }
            None => self.arrows.push((from, name.to_owned(), to)),
        }
    }
}

/// Draws as the library does, and remembers how much room that takes: the library itself counts every letter of a text as
/// ten points of height, and no letter of an arrow's name at all.
struct Picture {
    writer: SVGWriter,
    least: Point,
    most: Point,
    /// Where the next line's picture begins.
    below: f64,
}

impl Picture {
    fn new() -> Self {
        Self { writer: SVGWriter::new(), least: Point::zero(), most: Point::zero(), below: 0.0 }
    }

    /// The picture, as large as what is in it.
    fn finish(self) -> String {
        let (x, y) = (self.least.x, self.least.y);
        let (width, height) = (self.most.x - x + MARGIN, self.most.y - y + MARGIN);
        let picture = self.writer.finalize();
        let Some((before, rest)) = picture.split_once("<svg ") else { return picture };
        let Some((_, content)) = rest.split_once('>') else { return picture };
        format!(
            "{before}<svg width=\"{width}\" height=\"{height}\" viewBox=\"{x} {y} {width} {height}\" \
             xmlns=\"http://www.w3.org/2000/svg\">{content}"
        )
    }

    /// What is drawn from now on stands below all the rest.
    fn go_below(&mut self) {
        self.below = self.most.y + MARGIN;
    }

    fn moved(&self, at: Point) -> Point {
        Point::new(at.x, at.y + self.below)
    }

    fn grow(&mut self, from: Point, to: Point) {
        self.least = Point::new(self.least.x.min(from.x), self.least.y.min(from.y));
        self.most = Point::new(self.most.x.max(to.x), self.most.y.max(to.y));
    }
}

impl RenderBackend for Picture {
    fn draw_rect(
        &mut self,
        at: Point,
        size: Point,
        look: &StyleAttr,
        properties: Option<String>,
        clip: Option<ClipHandle>,
    ) {
        let at = self.moved(at);
        self.grow(at, at.add(size));
        self.writer.draw_rect(at, size, look, properties, clip);
    }

    fn draw_line(&mut self, start: Point, stop: Point, look: &StyleAttr, properties: Option<String>) {
        self.writer.draw_line(self.moved(start), self.moved(stop), look, properties);
    }

    fn draw_circle(&mut self, at: Point, size: Point, look: &StyleAttr, properties: Option<String>) {
        self.writer.draw_circle(self.moved(at), size, look, properties);
    }

    fn draw_text(&mut self, at: Point, text: &str, look: &StyleAttr) {
        self.writer.draw_text(self.moved(at), text, look);
    }

    fn draw_arrow(
        &mut self,
        path: &[(Point, Point)],
        dashed: bool,
        head: (bool, bool),
        look: &StyleAttr,
        properties: Option<String>,
        text: &str,
    ) {
        let path: Vec<_> = path.iter().map(|(one, other)| (self.moved(*one), self.moved(*other))).collect();
        // The name stands around the middle of the arrow.
        let aside = Point::new(size_of(&[text.to_owned()]).x / 2.0, 0.0);
        for point in path.iter().flat_map(|(one, other)| [*one, *other]) {
            self.grow(point.sub(aside), point.add(aside));
        }
        self.writer.draw_arrow(&path, dashed, head, look, properties, text);
    }

    fn create_clip(&mut self, at: Point, size: Point, rounded: usize) -> ClipHandle {
        self.writer.create_clip(self.moved(at), size, rounded)
    }
}

/// The text in lines of about [`WIDTH`] characters, broken between words.
fn wrapped(text: &str) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in cut(text).split_whitespace() {
        let last = lines.last_mut().expect("there is always a line");
        if last.is_empty() || last.chars().count() + word.chars().count() < WIDTH {
            last.push_str(if last.is_empty() { "" } else { " " });
            last.push_str(word);
        } else {
            lines.push(word.to_owned());
        }
    }
    lines
}

fn cut(text: &str) -> String {
    let mut cut: String = text.chars().take(LONGEST).collect();
    if text.chars().nth(LONGEST).is_some() {
        cut.push('…');
    }
    cut
}

/// A box around these lines: letters are about half as wide as they are high.
fn size_of(lines: &[String]) -> Point {
    let longest = lines.iter().map(|line| line.chars().count()).max().unwrap_or_default();
    let [width, height] = [longest, lines.len()].map(|count| f64::from(u32::try_from(count).unwrap_or(u32::MAX)));
    Point::new(width * 7.0 + 24.0, height * 16.0 + 18.0)
}

/// As it can stand between quotes in Mermaid, which knows entities of its own.
fn quoted(text: &str) -> String {
    let mut quoted = String::with_capacity(text.len());
    for sign in text.chars() {
        match sign {
            '\n' => quoted.push_str("<br/>"),
            '"' => quoted.push_str("#quot;"),
            '#' => quoted.push_str("#35;"),
            '&' => quoted.push_str("#amp;"),
            '<' => quoted.push_str("#lt;"),
            '>' => quoted.push_str("#gt;"),
            '`' => quoted.push_str("#96;"),
            sign => quoted.push(sign),
        }
    }
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{cli::check::outline::tests::config, config::Config};

    #[test]
    fn every_line_is_drawn_with_the_ways_on_from_each_step() {
        insta::assert_snapshot!(mermaid(&office()), @r##"
        flowchart TD
            n0(["…01 #lt;b#gt;Office#lt;/b#gt; #quot;one#quot;"])
            n1["hello: says #quot;Hello from<br/>#lt;b#gt;Office#lt;/b#gt; #quot;one#quot;.#quot;"]
            n2["first: ring organisers: Ana …01,<br/>Ben …02 (30 s, amd)"]
            n3["again: says #quot;One moment.#quot;"]
            n4["second: ring ben: Ben …02 (30 s, 2<br/>passes, amd+key)"]
            n0 --> n1
            n1 -->|"next"| n2
            n2 -->|"nobody"| n3
            n3 -->|"next"| n4
            n4 -->|"nobody"| n2
        "##);
    }

    #[test]
    fn names_full_of_markup_stay_names() {
        let drawn = mermaid(&office()) + &svg(&office());

        assert!(!drawn.contains("<b>") && !drawn.contains("\"]\""), "{drawn}");
        assert!(drawn.contains("#lt;b#gt;") && drawn.contains("&lt;b&gt;"), "{drawn}");
    }

    #[test]
    fn the_picture_is_well_formed_and_shows_every_step() {
        let picture = svg(&office());

        let document = roxmltree::Document::parse(&picture).unwrap();
        let texts: String = document.descendants().filter_map(|node| node.text()).collect();
        for word in ["hello:", "first:", "nobody", "again"] {
            assert!(texts.contains(word), "{word} in {texts}");
        }
    }

    #[test]
    fn exits_that_lead_to_the_same_step_share_an_arrow() {
        let drawn = mermaid(&config(
            r#"
            [lines."+441632960001"]
            name = "Office"
            start = "out"
            [steps]
            out = { forward = "+441632960888", busy = "ring", no_answer = "ring", failed = "ring", canceled = "ring" }
            ring = { ring = "ben", nobody = "ring" }
            "#,
        ));

        assert!(drawn.contains("n1 -->|\"busy, no_answer, failed, canceled\"| n2\n"), "{drawn}");
        assert_eq!(drawn.matches("n1 -->").count(), 2, "and where it goes after a talk: {drawn}");
    }

    #[test]
    fn the_picture_is_as_large_as_what_is_in_it() {
        let picture = svg(&office());

        let document = roxmltree::Document::parse(&picture).unwrap();
        let number = |node: roxmltree::Node<'_, '_>, name| node.attribute(name).unwrap().parse::<f64>().unwrap();
        let boxes = document.descendants().filter(|node| node.has_tag_name("rect"));
        let lowest = boxes.map(|node| number(node, "y") + number(node, "height")).fold(0.0, f64::max);
        let height = number(document.root_element(), "height");
        assert!((lowest..lowest + 2.0 * MARGIN).contains(&height), "{height} for {lowest}");
    }

    #[test]
    fn three_hundred_offices_are_drawn_before_anybody_loses_patience() {
        use std::fmt::Write as _;

        let mut text = "[directory.defaults]\nthen = \"box\"\n[steps]\nbox.voicemail = true\n[directory]\n".to_owned();
        for office in 0..300 {
            let _ = writeln!(text, "\"+1704555{office:04}\" = {{ name = \"Office {office}\", to = \"ben\" }}");
        }

        let picture = svg(&config(&text));

        let document = roxmltree::Document::parse(&picture).unwrap();
        let top =
            |node: roxmltree::Node<'_, '_>| node.attribute("y").and_then(|y| y.parse::<f64>().ok()).unwrap_or(0.0);
        let tops: Vec<_> = document.descendants().filter(|node| node.has_tag_name("rect")).map(top).collect();
        assert!(tops.len() >= 900 && tops.windows(8).all(|some| some[0] < some[7]), "each office below the one before");
    }

    #[test]
    fn long_words_are_cut_and_lines_are_broken_between_words() {
        let lines = wrapped(&"word ".repeat(80));

        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH), "{lines:?}");
        assert!(lines.last().is_some_and(|last| last.ends_with('…')), "{lines:?}");
    }

    fn office() -> Config {
        config(
            r#"
            [lines."+441632960001"]
            name = "<b>Office</b> \"one\""
            start = "hello"
            [steps]
            hello = { say = "Hello from {line}.", next = "first" }
            first = { ring = "organisers", nobody = "again" }
            again = { say = "One moment.", next = "second" }
            second = { ring = "ben", nobody = "first" }
            "#,
        )
    }
}
