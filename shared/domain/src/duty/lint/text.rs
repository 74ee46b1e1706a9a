//! Text as a reader takes it: without mark-up, case, line breaks and kinds of quotation marks.

/// A text in words.
#[derive(Debug, Clone)]
pub(super) struct Plain {
    /// In small letters, single blanks between words and one at each end.
    folded: String,
    /// Words as they are written, without the marks around them.
    words: Vec<String>,
}

impl Plain {
    pub(super) fn of(text: &str) -> Self {
        let straight: String = text.chars().filter_map(straight).collect();
        let words: Vec<String> = straight.split_whitespace().map(trimmed).filter(|word| !word.is_empty()).collect();
        let folded = straight.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase();
        Self { folded: format!(" {folded} "), words }
    }

    /// What a reader of the page sees.
    pub(super) fn of_html(html: &str) -> Self {
        Self::of(&visible(html))
    }

    pub(super) fn words(&self) -> &[String] {
        &self.words
    }

    /// Whether a phrase stands in it, at the bounds of words.
    pub(super) fn says(&self, phrase: &str) -> bool {
        self.finds(phrase).next().is_some()
    }

    /// Whether a phrase stands in it and none of the three words before turns it round.
    pub(super) fn says_without(&self, phrase: &str, negations: &[String]) -> bool {
        self.finds(phrase).any(|at| {
            let before = self.folded.get(..at).unwrap_or_default();
            let mut near = before.split_whitespace().rev().take(3).map(trimmed);
            !near.any(|word| negations.contains(&word))
        })
    }

    fn finds<'a>(&'a self, phrase: &'a str) -> impl Iterator<Item = usize> + 'a {
        self.folded.match_indices(phrase).filter_map(|(at, found)| {
            let before = self.folded.get(..at).and_then(|text| text.chars().next_back());
            let after = self.folded.get(at.saturating_add(found.len())..).and_then(|text| text.chars().next());
            let bound = |next: Option<char>| !next.is_some_and(char::is_alphanumeric);
            (bound(before) && bound(after)).then_some(at)
        })
    }
}

/// Typographic quotes and blanks as plain ones; what cannot be seen, as nothing.
fn straight(c: char) -> Option<char> {
    match c {
        '\u{2018}' | '\u{2019}' => Some('\''),
        '\u{201c}' | '\u{201d}' | '\u{201e}' => Some('"'),
        '\u{a0}' | '\u{202f}' | '\u{2009}' => Some(' '),
        '\u{200b}'..='\u{200d}' | '\u{ad}' | '\u{feff}' => None,
        other => Some(other),
    }
}

fn trimmed(word: &str) -> String {
    word.trim_matches(|c: char| ",.;:!?()[]\"'".contains(c)).to_owned()
}

/// The text between the tags. What a browser does not show of a page is left out.
fn visible(html: &str) -> String {
    let mut seen = String::with_capacity(html.len());
    let mut rest = html;
    while let Some((text, tagged)) = rest.split_once('<') {
        seen.push_str(text);
        // A tag is a break: the worst that comes of it is a word cut in two.
        seen.push(' ');
        let hidden = [("!--", "-->"), ("style", "</style>"), ("script", "</script>"), ("head", "</head>")];
        let small = tagged.get(..8).unwrap_or(tagged).to_ascii_lowercase();
        let named = |name: &str| small.strip_prefix(name).is_some_and(|next| !next.starts_with(char::is_alphanumeric));
        let end = hidden.iter().find(|(name, _)| named(name)).map_or(">", |(_, end)| end);
        rest = tagged.split_once(end).map_or("", |(_, after)| after);
    }
    seen.push_str(rest);
    // `&amp;` is last, so that no entity is read twice.
    let entities = [
        ("&nbsp;", " "),
        ("&pound;", "£"),
        ("&#163;", "£"),
        ("&euro;", "€"),
        ("&#8364;", "€"),
        ("&yen;", "¥"),
        ("&#36;", "$"),
        ("&#x2f;", "/"),
        ("&#39;", "'"),
        ("&#x27;", "'"),
        ("&rsquo;", "'"),
        ("&quot;", "\""),
        ("&lt;", "<"),
        ("&gt;", ">"),
        ("&amp;", "&"),
    ];
    entities.iter().fold(seen, |text, (entity, plain)| text.replace(entity, plain))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_is_read_as_it_is_seen() {
        let page = "<head><title>sue</title></head><style>p { color: red }</style><p>You&nbsp;owe <b>&pound;5</b>&amp;up</p>\
                    <!-- arrest --><header>Hello</header>";
        let plain = Plain::of_html(page);
        assert_eq!(plain.words(), ["You", "owe", "£5", "&up", "Hello"]);
        assert!(!plain.says("sue") && !plain.says("arrest") && plain.says("you owe £5"));
        assert_eq!(Plain::of_html("a < b").words(), ["a"]);
    }

    proptest! {
        #[test]
        fn any_page_is_read_and_plain_text_is_read_as_it_stands(page in "(<[a-z!/-]{0,8}>?|&[a-z#0-9]{0,6};?|\\PC){0,40}") {
            let seen = Plain::of_html(&page);
            prop_assert!(seen.words().iter().all(|word| !word.is_empty()));
            let unmarked = page.replace(['<', '&'], "");
            prop_assert_eq!(Plain::of_html(&unmarked).folded, Plain::of(&unmarked).folded);
        }
    }

    #[test]
    fn phrases_end_where_words_end() {
        let plain = Plain::of("We\u{2019}ll SUE\n you. You won't be\u{200b} sued; we issue");
        assert!(plain.says("we'll sue you") && plain.says("be sued"));
        assert!(!plain.says("ssue") && !plain.says("su"));
        let negations = ["not".to_owned(), "won't".to_owned()];
        assert!(plain.says_without("sue", &negations) && !plain.says_without("be sued", &negations));
    }
}
