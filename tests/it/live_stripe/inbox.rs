//! Where Stripe's webhooks arrive: a door on the loopback interface that takes everything and answers 200.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread;
use std::time::Duration;

/// Far longer than a webhook is on its way; the point at which a test gives up.
const PATIENCE: Duration = Duration::from_secs(60);

/// One webhook, as it came.
#[derive(Debug, Clone)]
pub(super) struct Webhook {
    pub(super) signature: String,
    pub(super) body: String,
}

/// The door. It stays open until the tests end.
pub(super) struct Inbox {
    pub(super) url: String,
    webhooks: Receiver<Webhook>,
}

impl Inbox {
    pub(super) fn open() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        let (sender, webhooks) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let sender = sender.clone();
                thread::spawn(move || take(stream.unwrap(), &sender));
            }
        });
        Self { url, webhooks }
    }

    /// The next webhook, as soon as it is there.
    pub(super) fn next(&self) -> Webhook {
        self.webhooks.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no webhook came in {PATIENCE:?}"))
    }
}

fn take(stream: TcpStream, sender: &Sender<Webhook>) {
    let mut reader = BufReader::new(&stream);
    let (mut signature, mut length) = (String::new(), 0);
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim_end().split_once(": ") else {
            if line.trim_end().is_empty() { break } else { continue }
        };
        match name.to_ascii_lowercase().as_str() {
            "stripe-signature" => signature = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    (&stream).write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
    sender.send(Webhook { signature, body: String::from_utf8(body).unwrap() }).ok();
}
