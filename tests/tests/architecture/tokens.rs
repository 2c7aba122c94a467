//! The words of a Rust file as far as imports need them: names and the signs between them, without comments, literals
//! and the test module.

/// A file's text up to its test module, and without the line that declares one elsewhere.
pub(crate) fn product(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    let mut kept = Vec::new();
    let mut index = 0;
    while let Some(line) = lines.get(index) {
        index += 1;
        if line.trim() != "#[cfg(test)]" {
            kept.push(*line);
            continue;
        }
        while lines.get(index).is_some_and(|line| line.trim().starts_with("#[")) {
            index += 1;
        }
        let words: Vec<&str> = lines
            .get(index)
            .map_or(Vec::new(), |line| line.split_whitespace().collect());
        match (words.contains(&"mod"), words.last()) {
            (true, Some(&"{")) => break,
            (true, _) => index += 1,
            (false, _) => {}
        }
    }
    kept.join("\n")
}

/// Names, `::` and single signs, in their order.
pub(crate) fn tokens(text: &str) -> Vec<String> {
    let characters: Vec<char> = text.chars().collect();
    let at = |index: usize| characters.get(index).copied().unwrap_or('\n');
    let mut tokens = Vec::new();
    let mut index = 0;
    while index < characters.len() {
        let start = index;
        match (at(index), at(index + 1)) {
            ('/', '/') => {
                while index < characters.len() && at(index) != '\n' {
                    index += 1;
                }
            }
            ('r', '"' | '#') if raw_string(&characters, index).is_some() => {
                index = raw_string(&characters, index).unwrap();
            }
            ('"', _) => {
                index += 1;
                while index < characters.len() && at(index) != '"' {
                    index += if at(index) == '\\' { 2 } else { 1 };
                }
                index += 1;
            }
            ('\'', '\\') => {
                index += 3;
                while at(index) != '\'' {
                    index += 1;
                }
                index += 1;
            }
            ('\'', _) => index += if at(index + 2) == '\'' { 3 } else { 1 },
            (':', ':') => {
                index += 2;
                tokens.push("::".to_owned());
            }
            (sign, _) if sign.is_alphanumeric() || sign == '_' => {
                while at(index).is_alphanumeric() || at(index) == '_' {
                    index += 1;
                }
                tokens.push(characters[start..index].iter().collect());
            }
            (sign, _) => {
                index += 1;
                if !sign.is_whitespace() {
                    tokens.push(sign.to_string());
                }
            }
        }
    }
    tokens
}

/// Where the raw string that begins at `start` ends, if one begins there.
fn raw_string(characters: &[char], start: usize) -> Option<usize> {
    let hashes = characters[start + 1..]
        .iter()
        .take_while(|sign| **sign == '#')
        .count();
    let body = start + 1 + hashes;
    if characters.get(body) != Some(&'"') {
        return None;
    }
    let end: Vec<char> = std::iter::once('"')
        .chain(std::iter::repeat_n('#', hashes))
        .collect();
    let length = characters[body + 1..]
        .windows(end.len())
        .position(|window| window == end)?;
    Some(body + 1 + length + end.len())
}
