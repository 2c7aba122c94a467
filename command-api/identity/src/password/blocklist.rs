//! Passwords that are guessed first: common ones, repetitions, rows of keys, and what is known of their owner.
//!
//! Lists of leaked passwords hold few of fifteen characters; people reach that length by gluing short ones together.
//! So the list names words, and a password is refused when it is at most `PIECES_MAX` of them (or rows of keys, or
//! repetitions) and fewer than `REST_MIN` other characters. A passphrase of more words stands.

use std::collections::HashSet;
use std::sync::LazyLock;

use unicode_normalization::UnicodeNormalization;

/// Words or rows at most of which a password is still guessed first.
const PIECES_MAX: usize = 3;
/// Characters outside such pieces from which on a password is not guessed first.
const REST_MIN: usize = 6;
/// Letters of a listed word at least: shorter ones are found in everything.
const WORD_CHARS_MIN: usize = 4;
/// Letters of a word known of the owner at least.
const KNOWN_CHARS_MIN: usize = 3;
/// Characters of a row of keys at least.
const ROW_CHARS_MIN: usize = 4;

/// Names of the product and of its trade, which come to mind first here.
const PRODUCT: [&str; 5] = ["evently", "ticket", "tickets", "booking", "concert"];

/// Rows that fingers or the alphabet suggest, forward and backward, on the keyboards of several countries.
const ROWS: [&str; 13] = [
    "abcdefghijklmnopqrstuvwxyz",
    "01234567890",
    "qwertyuiop",
    "qwertzuiop",
    "azertyuiop",
    "asdfghjkl",
    "qsdfghjklm",
    "zxcvbnm",
    "yxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik9ol0p",
    "1q2w3e4r5t6y7u8i9o0p",
    "qazwsxedcrfvtgbyhnujm",
    "!@#$%^&*()",
];

static WORDS: LazyLock<HashSet<Vec<char>>> = LazyLock::new(|| {
    include_str!("blocklist.txt")
        .lines()
        .filter(|line| !line.starts_with('#'))
        .flat_map(str::split_whitespace)
        .map(fold)
        .filter(|word| word.len() >= WORD_CHARS_MIN)
        .collect()
});

static ROWS_BOTH_WAYS: LazyLock<Vec<Vec<char>>> = LazyLock::new(|| {
    let forward = ROWS.iter().map(|row| row.chars().collect());
    let backward = ROWS.iter().map(|row| row.chars().rev().collect());
    forward.chain(backward).collect()
});

/// What makes a password easy to guess.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Guess {
    /// It is among those that are tried first.
    Common,
    /// It is made of what is known of its owner, or of the product's name.
    AboutYou,
}

/// Whether `password` would be guessed first, where `known` of its owner is known.
pub fn guess(password: &str, known: &[&str]) -> Option<Guess> {
    let written = fold(password);
    let meant: Vec<char> = written.iter().map(|c| letter_meant(*c)).collect();
    let known = words_of(known);
    let (mut pieces, mut rest, mut about_you, mut at) = (0, 0, false, 0);
    while at < written.len() {
        let repeated = repetition(&written, at);
        let personal = longest_word(&known, &written, at).max(longest_word(&known, &meant, at));
        let word = longest_word(&WORDS, &written, at).max(longest_word(&WORDS, &meant, at));
        let listed = word
            .max(row(&written, at))
            .max(same(&written, at))
            .max(year(&written, at));
        if repeated >= personal.max(listed) && repeated > 0 {
            at += repeated; // says nothing new
        } else if personal >= listed && personal > 0 {
            (at, pieces, about_you) = (at + personal, pieces + 1, true);
        } else if listed > 0 {
            (at, pieces) = (at + listed, pieces + 1);
        } else {
            (at, rest) = (at + 1, rest + 1);
        }
    }
    if pieces > PIECES_MAX || rest >= REST_MIN {
        return None;
    }
    Some(if about_you { Guess::AboutYou } else { Guess::Common })
}

/// Lower case, without what people put between words.
fn fold(text: &str) -> Vec<char> {
    text.nfkc()
        .flat_map(char::to_lowercase)
        .filter(|c| !c.is_whitespace() && !matches!(c, '-' | '_' | '.' | ',' | '\'' | '/' | '+'))
        .collect()
}

/// The letter that a look-alike stands for.
const fn letter_meant(c: char) -> char {
    match c {
        '0' => 'o',
        '1' | '!' | '|' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        '8' => 'b',
        other => other,
    }
}

fn words_of(known: &[&str]) -> HashSet<Vec<char>> {
    let parts = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()).chain([*text]));
    let locals = known
        .iter()
        .filter_map(|text| text.split_once('@'))
        .map(|(local, _)| local);
    let words = parts.chain(locals).chain(PRODUCT).map(fold);
    words.filter(|word| word.len() >= KNOWN_CHARS_MIN).collect()
}

/// Length of the longest of `words` that begins at `at`, or 0.
fn longest_word(words: &HashSet<Vec<char>>, text: &[char], at: usize) -> usize {
    let Some(tail) = text.get(at..) else { return 0 };
    words
        .iter()
        .filter(|word| tail.starts_with(word))
        .map(Vec::len)
        .max()
        .unwrap_or(0)
}

/// Length of the longest stretch of a row of keys that begins at `at`, or 0 where it is shorter than noticed.
fn row(text: &[char], at: usize) -> usize {
    let Some(tail) = text.get(at..) else { return 0 };
    let mut longest = 0;
    for row in ROWS_BOTH_WAYS.iter() {
        for from in 0..row.len() {
            let along = row
                .iter()
                .skip(from)
                .zip(tail)
                .take_while(|(a, b)| a == b)
                .count();
            longest = longest.max(along);
        }
    }
    if longest >= ROW_CHARS_MIN { longest } else { 0 }
}

/// Length of the run of one character that begins at `at`, or 0 where there are fewer than three.
fn same(text: &[char], at: usize) -> usize {
    let Some(tail) = text.get(at..) else { return 0 };
    let run = tail.iter().take_while(|c| Some(*c) == tail.first()).count();
    if run >= 3 { run } else { 0 }
}

/// Length of the year of our time that begins at `at`, or 0.
fn year(text: &[char], at: usize) -> usize {
    match text.get(at..at + 4) {
        Some(['1', '9', decade, year] | ['2', '0', decade, year])
            if decade.is_ascii_digit() && year.is_ascii_digit() =>
        {
            4
        }
        _ => 0,
    }
}

/// Length of the longest stretch from `at` that repeats what stands right before it, or 0.
fn repetition(text: &[char], at: usize) -> usize {
    let Some((before, tail)) = text.split_at_checked(at) else {
        return 0;
    };
    let longest = before.len().min(tail.len());
    (2..=longest)
        .rev()
        .find(|length| tail.get(..*length) == before.get(at - length..))
        .unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KNOWN: [&str; 2] = ["Ann Leibowitz", "ann.leibowitz@abbey.example"];

    #[test]
    fn security_2_common_passwords_of_fifteen_characters_are_refused() {
        let common = [
            "passwordpassword",
            "Password12345678",
            "P@ssw0rd-P@ssw0rd",
            "123456789012345",
            "qwertyuiopasdfgh",
            "1q2w3e4r5t6y7u8i",
            "zyxwvutsrqponmlk",
            "aaaaaaaaaaaaaaaaaaaa",
            "xk7xk7xk7xk7xk7xk7",
            "administrator2024!",
            "iloveyou iloveyou",
            "correct horse battery staple",
            "letmein-letmein-letmein",
            "!@#$%^&*()!@#$%^&*()",
            "welcome to 2024",
        ];
        for password in common {
            assert_eq!(guess(password, &KNOWN), Some(Guess::Common), "{password}");
        }
    }

    #[test]
    fn security_2_what_is_known_of_the_owner_or_the_product_is_refused() {
        let personal = [
            "annleibowitz1234",
            "Ann-Leibowitz-Abbey",
            "l31bow1tz-l31bow1tz",
            "evently evently",
            "evently password 1",
            "ann.leibowitz@abbey.example",
        ];
        for password in personal {
            assert_eq!(guess(password, &KNOWN), Some(Guess::AboutYou), "{password}");
        }
    }

    #[test]
    fn passphrases_and_random_strings_are_accepted() {
        let good = [
            "a canticle for the monk",
            "welcome summer dragon sunshine monkey",
            "evently demo only",
            "kV9#mQ2$xL7!wR4",
            "🦀🐙🌵🎻🍋🛶🧭🎈🪁🥝🦔🌋🎲🧦🪴",
            "雨が降る前に傘を買いに行きます",
            "583920174658201",
            "~}<{:;?[]=`^>)&",
        ];
        for password in good {
            assert_eq!(guess(password, &KNOWN), None, "{password}");
        }
    }

    #[test]
    fn the_longest_password_is_judged_quickly() {
        let started = std::time::Instant::now();
        let _ = guess(&"ab".repeat(64), &KNOWN);
        let _ = guess(&"qwe".repeat(42), &KNOWN);
        assert!(started.elapsed() < std::time::Duration::from_millis(500));
    }
}
