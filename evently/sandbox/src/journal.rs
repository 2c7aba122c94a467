//! The journal: one JSON line an entry, on the disk before anything shows it. One task writes what waits, with one write and one
//! fdatasync a batch.

use std::fs::{File, OpenOptions};
use std::io::{self, BufRead, BufReader, Write};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::book::Ledger;
use crate::entry::{Entry, now};
use crate::method::Conduct;
use crate::webhook::Webhooks;

/// The journal's name in its folder.
const FILE_NAME: &str = "journal.jsonl";
/// Entries of one write: bounds how long the first of them waits for the last.
const BATCH_ENTRIES_MAX: usize = 1_024;
/// Entries that may wait: seconds of work, and a sign of a disk that stands still.
pub(crate) const WAITING_ENTRIES_MAX: usize = 32_768;

/// An entry on its way into the journal.
pub(crate) struct Submission {
    pub(crate) entry: Entry,
    pub(crate) conduct: Conduct,
    /// Gets the charge or refund once it is durable.
    pub(crate) reply: oneshot::Sender<Value>,
}

/// Opens the journal in `folder`, or begins one, and hands each entry to `enter`. Only one process can have it.
///
/// A last line without its end was cut by a crash in the middle of a write. Nothing has shown it, so it is cut off. Whatever
/// else cannot be read is an error.
pub(crate) fn open(folder: &Path, mut enter: impl FnMut(Entry)) -> io::Result<File> {
    std::fs::create_dir_all(folder)?;
    let path = folder.join(FILE_NAME);
    let mut options = OpenOptions::new();
    let file = options.read(true).append(true).create(true).open(path)?;
    file.try_lock()?;
    File::open(folder)?.sync_all()?;
    let mut reader = BufReader::new(&file);
    let (mut whole, mut line) = (0_u64, Vec::new());
    for sequence in 1_u64.. {
        line.clear();
        let length = reader.read_until(b'\n', &mut line)?;
        if line.last() != Some(&b'\n') {
            break; // the end, or a torn line
        }
        let entry: Entry =
            serde_json::from_slice(&line).map_err(|error| broken(sequence, &error.to_string()))?;
        if entry.sequence != sequence {
            return Err(broken(sequence, "its sequence is not its place"));
        }
        whole = whole.saturating_add(u64::try_from(length).unwrap_or(u64::MAX));
        enter(entry);
    }
    if file.metadata()?.len() != whole {
        file.set_len(whole)?;
        file.sync_all()?;
    }
    Ok(file)
}

fn broken(line: u64, why: &str) -> io::Error {
    let text = format!("line {line} of the journal is broken: {why}");
    io::Error::new(io::ErrorKind::InvalidData, text)
}

fn append(mut file: &File, entries: &[Arc<Entry>]) -> io::Result<()> {
    let mut lines = Vec::new();
    for entry in entries {
        serde_json::to_writer(&mut lines, entry)?;
        lines.push(b'\n');
    }
    file.write_all(&lines)?;
    file.sync_data()
}

/// Writes what is submitted until every sender is gone, or until the disk fails: then it is unknown what is on it, and nothing
/// more is taken.
pub(crate) async fn write(
    file: File,
    ledger: Ledger,
    webhooks: Option<Arc<Webhooks>>,
    mut submissions: mpsc::Receiver<Submission>,
) {
    let file = Arc::new(file);
    let mut batch = Vec::new();
    while submissions.recv_many(&mut batch, BATCH_ENTRIES_MAX).await > 0 {
        let (at, first) = (now(), ledger.book().next_sequence());
        let stamped = batch.drain(..).zip(first..).map(|(submission, sequence)| {
            let entry = Entry {
                sequence,
                at,
                ..submission.entry
            };
            (Arc::new(entry), (submission.conduct, submission.reply))
        });
        let (entries, waiting): (Vec<_>, Vec<_>) = stamped.unzip();
        let (to, lines) = (Arc::clone(&file), entries.clone());
        let written = tokio::task::spawn_blocking(move || append(&to, &lines)).await;
        if let Err(error) = written.unwrap_or_else(|error| Err(io::Error::other(error))) {
            let error = &error as &dyn std::error::Error;
            tracing::error!(error, "the sandbox's journal cannot be written; no more is taken");
            return;
        }
        for (entry, (conduct, reply)) in entries.into_iter().zip(waiting) {
            let object = ledger.book().enter(Arc::clone(&entry));
            if let Some(webhooks) = &webhooks {
                webhooks.send(&entry, &object, conduct);
            }
            drop(reply.send(object)); // nothing waits for a capture that comes late
        }
    }
}

#[cfg(test)]
mod tests {
    use tempfile::TempDir;

    use super::*;

    fn entry(sequence: u64) -> Entry {
        let text = format!(
            r#"{{"sequence":{sequence},"kind":"charge_captured","key":"key-{sequence}","id":"sch_{sequence}",
                "method":"sandbox_approve","amount":1200,"currency":"EUR","metadata":{{"seat":"Ö \"7\"\n"}},
                "at":"2026-11-28T04:00:00.123Z"}}"#
        );
        serde_json::from_str(&text).unwrap()
    }

    fn opened(folder: &TempDir) -> io::Result<(File, Vec<Entry>)> {
        let mut entries = Vec::new();
        let file = open(folder.path(), |entry| entries.push(entry))?;
        Ok((file, entries))
    }

    fn append_all(file: &File, sequences: impl Iterator<Item = u64>) {
        let entries: Vec<_> = sequences.map(|sequence| Arc::new(entry(sequence))).collect();
        append(file, &entries).unwrap();
    }

    /// The bytes of a journal with this many entries.
    fn written(entries: u64) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        append_all(&opened(&folder).unwrap().0, 1..=entries);
        bytes(&folder)
    }

    fn bytes(folder: &TempDir) -> Vec<u8> {
        std::fs::read(folder.path().join(FILE_NAME)).unwrap()
    }

    fn folder_with(bytes: &[u8]) -> TempDir {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join(FILE_NAME), bytes).unwrap();
        folder
    }

    #[test]
    fn a_last_line_torn_at_any_byte_is_cut_off_and_written_anew() {
        let (kept, whole) = (written(2), written(3));
        for cut in kept.len()..whole.len() {
            let folder = folder_with(&whole[..cut]);
            let (file, entries) = opened(&folder).unwrap();
            assert_eq!(entries, [entry(1), entry(2)], "cut at {cut}");
            assert_eq!(bytes(&folder), kept, "cut at {cut}");
            append_all(&file, 3..=3);
            assert_eq!(bytes(&folder), whole, "cut at {cut}");
        }
    }

    #[test]
    fn any_other_broken_line_is_an_error() {
        let text = String::from_utf8(written(2)).unwrap();
        let (first, second) = text.split_at(text.find('\n').unwrap() + 1);
        for text in [
            format!("{first}{{\n{second}"),
            format!("{first}{{}}\n"),
            format!("{first}\n{second}"),
            format!("{second}{first}"),
            format!("{first}{first}"),
            second.to_owned(),
        ] {
            let folder = folder_with(text.as_bytes());
            let error = opened(&folder).unwrap_err();
            assert_eq!(error.kind(), io::ErrorKind::InvalidData, "{text}");
            assert_eq!(bytes(&folder), text.as_bytes(), "a broken journal is left alone");
        }
    }

    #[tokio::test]
    async fn what_the_disk_does_not_take_is_not_in_the_book() {
        let folder = folder_with(b"");
        let read_only = File::open(folder.path().join(FILE_NAME)).unwrap();
        let ledger = Ledger::default();
        let (sender, submissions) = mpsc::channel(2);
        let (reply, durable) = oneshot::channel();
        let submission = Submission {
            entry: entry(1),
            conduct: Conduct::Plain,
            reply,
        };
        assert!(sender.send(submission).await.is_ok());
        write(read_only, ledger.clone(), None, submissions).await;
        assert!(durable.await.is_err());
        assert!(sender.is_closed());
        assert_eq!(ledger.book().next_sequence(), 1);
    }
}
