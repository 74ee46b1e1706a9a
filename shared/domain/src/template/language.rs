//! The language of a message.

use std::fmt;
use std::sync::Arc;

/// What is wrong with a language.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("must be a language such as en or en-GB (BCP 47)")]
pub struct LanguageError;

/// A language, perhaps of a country (BCP 47, as far as letters are written in it: `en`, `en-GB`, `zh-Hant-TW`).
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Language(Arc<str>);

impl Language {
    /// Reads a language in any case.
    ///
    /// # Errors
    /// [`LanguageError`].
    pub fn parse(value: &str) -> Result<Self, LanguageError> {
        let mut parts = value.split('-');
        let own = parts.next().filter(|part| (2..=3).contains(&part.len()) && is_alphabetic(part));
        let mut written = own.ok_or(LanguageError)?.to_ascii_lowercase();
        let mut next = parts.next();
        if let Some(script) = next.filter(|part| part.len() == 4 && is_alphabetic(part)) {
            written.push('-');
            written.extend(script.chars().take(1).map(|c| c.to_ascii_uppercase()));
            written.extend(script.chars().skip(1).map(|c| c.to_ascii_lowercase()));
            next = parts.next();
        }
        if let Some(country) = next {
            let number = country.len() == 3 && country.bytes().all(|b| b.is_ascii_digit());
            if !number && (country.len() != 2 || !is_alphabetic(country)) {
                return Err(LanguageError);
            }
            written.push('-');
            written.push_str(&country.to_ascii_uppercase());
        }
        if parts.next().is_none() { Ok(Self(written.into())) } else { Err(LanguageError) }
    }

    /// English, which every built-in text is in.
    #[must_use]
    pub fn english() -> Self {
        Self("en".into())
    }

    /// Without its country: `en` of `en-GB`.
    #[must_use]
    pub fn plain(&self) -> Self {
        Self(self.0.split('-').next().unwrap_or_default().into())
    }

    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_alphabetic(part: &str) -> bool {
    part.bytes().all(|b| b.is_ascii_alphabetic())
}

/// The languages to look for, each once: the debtor's, then the tenant's, then English; each with its country first.
#[must_use]
pub fn preferred(debtor: Option<&str>, tenant: Option<&Language>) -> Vec<Language> {
    let debtor = debtor.and_then(|language| Language::parse(language).ok());
    let wanted = debtor.into_iter().chain(tenant.cloned()).chain([Language::english()]);
    let mut languages: Vec<Language> = Vec::new();
    for language in wanted.flat_map(|language| [language.clone(), language.plain()]) {
        if !languages.contains(&language) {
            languages.push(language);
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn languages_are_read_in_any_case_and_written_in_one() {
        for (text, written) in [("EN", "en"), ("en-gb", "en-GB"), ("zh-hANT-tw", "zh-Hant-TW"), ("es-419", "es-419")] {
            assert_eq!(Language::parse(text).unwrap().as_str(), written);
        }
        for bad in ["", "e", "english", "en_GB", "en-", "en-GBR", "en-GB-x", "e1"] {
            assert_eq!(Language::parse(bad), Err(LanguageError), "{bad}");
        }
    }

    #[test]
    fn the_debtors_language_comes_first_and_english_last() {
        let tenant = Language::parse("fr").unwrap();
        let names = |debtor, tenant| preferred(debtor, tenant).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(Some("de-AT"), Some(&tenant)), ["de-AT", "de", "fr", "en"]);
        assert_eq!(names(Some("Klingon"), None), ["en"]);
        assert_eq!(names(Some("en-GB"), Some(&tenant)), ["en-GB", "en", "fr"]);
    }
}
