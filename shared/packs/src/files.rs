//! The files of this build.

/// Files by kind, each with its text.
pub(crate) struct Files<'a> {
    pub(crate) rates: &'a [(&'static str, &'a str)],
    pub(crate) holidays: &'a [(&'static str, &'a str)],
    pub(crate) regimes: &'a [(&'static str, &'a str)],
    pub(crate) duties: &'a [(&'static str, &'a str)],
    pub(crate) limitation: &'a [(&'static str, &'a str)],
    pub(crate) wording: &'a [(&'static str, &'a str)],
}

macro_rules! files {
    ($($file:literal),* $(,)?) => { &[$(($file, include_str!(concat!("../", $file)))),*] };
}

/// All of them.
pub(crate) const FILES: Files = Files {
    rates: files!("rates/gb-bank-rate.toml", "rates/eu-mro.toml", "rates/de-basiszins.toml"),
    holidays: files!(
        "holidays/us.toml",
        "holidays/gb.toml",
        "holidays/ie.toml",
        "holidays/de.toml",
        "holidays/eu.toml",
    ),
    regimes: files!(
        "regimes/gb.toml",
        "regimes/eu.toml",
        "regimes/de.toml",
        "regimes/ie.toml",
        "regimes/fr.toml",
        "regimes/nl.toml",
        "regimes/us.toml",
    ),
    duties: files!(
        "duties/us.toml",
        "duties/gb-eaw.toml",
        "duties/gb-sct.toml",
        "duties/gb.toml",
        "duties/eu.toml",
        "duties/de.toml",
    ),
    limitation: files!("limitation/us.toml", "limitation/europe.toml"),
    wording: files!("wording/en.toml"),
};
