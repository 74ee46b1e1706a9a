//! What a template may use: a closed list, so that one that is saved can be filled in, in little time and without a way
//! around escaping.

/// The statements of a template. What is not here would give a way around escaping, or work without end.
const TAGS: [&str; 6] = ["if", "elif", "else", "endif", "for", "endfor"];
/// The filters.
pub(crate) const FILTERS: [&str; 5] = ["length", "upper", "lower", "first", "last"];
/// Signs of calculation, and of what would call something. Braces make values of their own.
const SIGNS: [char; 5] = ['*', '/', '%', '{', '}'];

/// Everything that a source uses and may not, with the line, from 1.
pub(crate) fn faults(source: &str) -> Vec<(usize, String)> {
    let mut found = Vec::new();
    let mut loops = 0_usize;
    for (line, tag) in tags(source) {
        let mut complain = |what: String| found.push((line, what));
        if let Tag::Statement(body) = tag {
            let name = body.split_whitespace().next().unwrap_or_default();
            if !TAGS.contains(&name) {
                complain(format!("the statement {name:?} cannot be used; there are {}", TAGS.join(", ")));
            }
            match name {
                "for" if loops > 0 => complain("a loop cannot stand in another".to_owned()),
                "endfor" => loops = loops.saturating_sub(1),
                _ => {}
            }
            loops = loops.saturating_add(usize::from(name == "for"));
        }
        let (Tag::Statement(body) | Tag::Value(body)) = tag;
        let plain = without_texts(body);
        if let Some(sign) = plain.chars().find(|c| SIGNS.contains(c)) {
            complain(format!("{sign:?} cannot be used: nothing is calculated in a template"));
        }
        let filters = plain.split('|').skip(1).map(|rest| {
            let rest = rest.trim_start();
            rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default()
        });
        for filter in filters.filter(|filter| !FILTERS.contains(filter)) {
            complain(format!("there is no filter {filter:?}; there are {}", FILTERS.join(", ")));
        }
    }
    found
}

/// Something between braces.
#[derive(Clone, Copy)]
enum Tag<'a> {
    /// `{% ... %}`
    Statement(&'a str),
    /// `{{ ... }}`
    Value(&'a str),
}

/// The tags of a source, each with its line. What is not closed is for the parser to complain about.
fn tags(source: &str) -> Vec<(usize, Tag<'_>)> {
    let mut found = Vec::new();
    let mut at = 0_usize;
    while let Some(rest) = source.get(at..) {
        let opening = ["{{", "{%", "{#"].into_iter().filter_map(|open| Some((rest.find(open)?, open))).min();
        let Some((skipped, open)) = opening else { break };
        let begin = at.saturating_add(skipped);
        let close = match open {
            "{{" => "}}",
            "{%" => "%}",
            _ => "#}",
        };
        let body = source.get(begin.saturating_add(2)..).unwrap_or_default();
        let Some(end) = closing(body, close) else { break };
        let line = source.get(..begin).unwrap_or_default().matches('\n').count().saturating_add(1);
        let inner = body.get(..end).unwrap_or_default().trim_matches(['-', '+']).trim();
        match open {
            "{{" => found.push((line, Tag::Value(inner))),
            "{%" => found.push((line, Tag::Statement(inner))),
            _ => {}
        }
        at = begin.saturating_add(4).saturating_add(end);
    }
    found
}

/// Where a tag ends; what stands in quotes does not end it.
fn closing(body: &str, close: &str) -> Option<usize> {
    let mut quoted: Option<char> = None;
    let mut escaped = false;
    for (at, c) in body.char_indices() {
        match quoted {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => quoted = None,
            Some(_) => {}
            None if body.get(at..).is_some_and(|rest| rest.starts_with(close)) => return Some(at),
            None if close != "#}" && (c == '"' || c == '\'') => quoted = Some(c),
            None => {}
        }
    }
    None
}

/// An expression without what stands in quotes in it.
fn without_texts(body: &str) -> String {
    let mut quoted: Option<char> = None;
    let mut escaped = false;
    let mut plain = String::with_capacity(body.len());
    for c in body.chars() {
        match quoted {
            Some(_) if escaped => escaped = false,
            Some(_) if c == '\\' => escaped = true,
            Some(quote) if c == quote => quoted = None,
            Some(_) => {}
            None if c == '"' || c == '\'' => quoted = Some(c),
            None => plain.push(c),
        }
    }
    plain
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_on_the_list_can_be_used() {
        for good in [
            "Dear {{ debtor }}, {# why | not * #} 5 * 3 | x",
            "{% for line in lines %}{{ line.number }}{% endfor %}{% for line in lines %}x{% endfor %}",
            "{%- if lines|length == 1 -%}a{% elif credit %}b{% else %}c{% endif %}",
            "{{ \"a | b * {% c %}\" }}{{ 'it\\'s | me' }}",
            "{{ debtor",
        ] {
            assert_eq!(faults(good), [], "{good}");
        }
        for (bad, line, says) in [
            ("a\n{{ debtor|safe }}", 2, "there is no filter \"safe\""),
            ("{{ debtor | upper | tojson }}", 1, "\"tojson\""),
            ("{% autoescape false %}{{ debtor }}{% endautoescape %}", 1, "autoescape"),
            ("{% set x = 1 %}", 1, "\"set\""),
            ("{% macro x() %}{% endmacro %}", 1, "macro"),
            ("{% include 'x' %}", 1, "include"),
            ("\n\n{{ 'x' * 1000000 }}", 3, "calculated"),
            ("{{ {'a': 1} }}", 1, "calculated"),
            ("{% for a in lines %}{% for b in lines %}{% endfor %}{% endfor %}", 1, "loop"),
        ] {
            let found = faults(bad);
            assert!(found.iter().any(|(at, what)| *at == line && what.contains(says)), "{bad}: {found:?}");
        }
    }
}
