//! The journal on disk: one JSON line an entry, appended and made durable before anybody hears of it.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;

use crate::entry::Entry;

/// The journal's name in its folder.
const FILE_NAME: &str = "journal.jsonl";

/// The open journal. Only one process can have it.
#[derive(Debug)]
pub(crate) struct Journal {
    file: File,
    next_sequence: u64,
}

impl Journal {
    /// Opens the journal in `folder`, or begins one, and hands each entry to `enter`.
    ///
    /// A last line without its end was cut by a crash in the middle of a write. Nobody was told of it, so it is cut off.
    /// Whatever else cannot be read is an error.
    pub(crate) fn open(folder: &Path, enter: impl FnMut(Entry)) -> io::Result<Self> {
        std::fs::create_dir_all(folder)?;
        let path = folder.join(FILE_NAME);
        let file = OpenOptions::new()
            .read(true)
            .append(true)
            .create(true)
            .open(path)?;
        file.try_lock()?;
        File::open(folder)?.sync_all()?;
        let (whole, entries) = read(&file, enter)?;
        if file.metadata()?.len() != whole {
            file.set_len(whole)?;
            file.sync_all()?;
        }
        Ok(Self {
            file,
            next_sequence: entries.saturating_add(1),
        })
    }

    /// A journal that cannot be written, as on a disk that fails.
    #[cfg(test)]
    pub(crate) fn read_only(folder: &Path) -> Self {
        drop(Self::open(folder, |_| {}).unwrap());
        Self {
            file: File::open(folder.join(FILE_NAME)).unwrap(),
            next_sequence: 1,
        }
    }

    /// The sequence of the entry that is appended next.
    pub(crate) const fn next_sequence(&self) -> u64 {
        self.next_sequence
    }

    /// Appends `entries`, which go on where the journal ends, with one write and one fsync. After an error nobody knows
    /// what is on the disk, so nothing may be appended any more.
    pub(crate) fn append<'a>(&mut self, entries: impl IntoIterator<Item = &'a Entry>) -> io::Result<()> {
        let mut lines = Vec::new();
        let mut next_sequence = self.next_sequence;
        for entry in entries {
            serde_json::to_writer(&mut lines, entry)?;
            lines.push(b'\n');
            next_sequence = entry.sequence.saturating_add(1);
        }
        self.file.write_all(&lines)?;
        self.file.sync_data()?;
        self.next_sequence = next_sequence;
        Ok(())
    }
}

/// Reads every whole line; tells how many bytes and how many lines that was.
fn read(file: &File, mut enter: impl FnMut(Entry)) -> io::Result<(u64, u64)> {
    let mut reader = BufReader::new(file);
    let (mut whole, mut lines) = (0_u64, 0_u64);
    let mut line = Vec::new();
    loop {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            return Ok((whole, lines)); // the end, or a torn line
        }
        lines = lines.saturating_add(1);
        whole = whole.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        let entry: Entry =
            serde_json::from_slice(&line).map_err(|error| broken(lines, &error.to_string()))?;
        if entry.sequence != lines {
            return Err(broken(lines, "its sequence is not its place"));
        }
        enter(entry);
    }
}

fn broken(line: u64, why: &str) -> io::Error {
    let text = format!("line {line} of the journal is broken: {why}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;
    use tempfile::TempDir;

    use super::*;
    use crate::entry::{Kind, Outcome};
    use crate::key::Key;

    fn entry(sequence: u64) -> Entry {
        Entry {
            sequence,
            outcome: Outcome {
                kind: Kind::ChargeCaptured,
                key: Key::parse(&format!("key-{sequence}")).unwrap(),
                id: format!("sch_{sequence}"),
                charge_key: None,
                method: Some("sandbox_approve".to_owned()),
                amount: 1_200,
                currency: "EUR".to_owned(),
                reason: None,
                metadata: [("seat".to_owned(), "Ö \"7\"\n".to_owned())].into(),
            },
            at: DateTime::from_timestamp_millis(1_700_000_000_123).unwrap(),
        }
    }

    fn opened(folder: &TempDir) -> io::Result<(Journal, Vec<Entry>)> {
        let mut entries = Vec::new();
        let journal = Journal::open(folder.path(), |entry| entries.push(entry))?;
        Ok((journal, entries))
    }

    fn written(entries: &[Entry]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        opened(&folder).unwrap().0.append(entries).unwrap();
        folder
    }

    fn bytes(folder: &TempDir) -> Vec<u8> {
        std::fs::read(folder.path().join(FILE_NAME)).unwrap()
    }

    #[test]
    fn what_was_appended_is_read_again() {
        let folder = written(&[entry(1), entry(2)]);
        let (mut journal, entries) = opened(&folder).unwrap();
        assert_eq!(entries, [entry(1), entry(2)]);
        assert_eq!(journal.next_sequence(), 3);
        journal.append(&[entry(3)]).unwrap();
        drop(journal);
        assert_eq!(opened(&folder).unwrap().1, [entry(1), entry(2), entry(3)]);
    }

    #[test]
    fn a_last_line_torn_at_any_byte_is_cut_off_and_written_anew() {
        let all = [entry(1), entry(2), entry(3)];
        let whole = bytes(&written(&all));
        let kept = bytes(&written(&all[..2])).len();
        for cut in kept..whole.len() {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE_NAME), &whole[..cut]).unwrap();
            let (mut journal, entries) = opened(&folder).unwrap();
            assert_eq!(entries, all[..2], "cut at {cut}");
            assert_eq!(bytes(&folder), &whole[..kept], "cut at {cut}");
            journal.append(&all[2..]).unwrap();
            assert_eq!(bytes(&folder), whole, "cut at {cut}");
        }
    }

    #[test]
    fn any_other_broken_line_is_an_error() {
        let text = String::from_utf8(bytes(&written(&[entry(1), entry(2)]))).unwrap();
        let (first, second) = text.split_at(text.find('\n').unwrap() + 1);
        let broken = [
            format!("{first}{{\n{second}"),
            format!("{first}{{}}\n"),
            format!("{first}\n{second}"),
            format!("{second}{first}"),
            format!("{first}{first}"),
            second.to_owned(),
        ];
        for text in broken {
            let folder = tempfile::tempdir().unwrap();
            std::fs::write(folder.path().join(FILE_NAME), &text).unwrap();
            let error = opened(&folder).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{text}");
            assert_eq!(bytes(&folder), text.as_bytes(), "a broken journal is left alone");
        }
    }

    #[test]
    fn a_journal_has_one_owner() {
        let folder = written(&[entry(1)]);
        let (journal, _) = opened(&folder).unwrap();
        assert_eq!(opened(&folder).unwrap_err().kind(), io::ErrorKind::WouldBlock);
        drop(journal);
        assert_eq!(opened(&folder).unwrap().1.len(), 1);
    }
}
