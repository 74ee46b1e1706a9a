//! Stands in for Lambda's Runtime API as far as a function's start goes: it takes the first request and holds it, as
//! Lambda does until there is an event.

use std::io::{self, BufRead, BufReader, Read};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::{self, Receiver};
use std::thread;
use std::time::{Duration, Instant};

/// A request that is never answered; its sender waits until this is dropped.
#[derive(Debug)]
pub(crate) struct Request {
    /// When its first line had arrived.
    pub(crate) at: Instant,
    /// Method and path.
    pub(crate) call: String,
    pub(crate) body: String,
    _held: TcpStream,
}

impl Request {
    /// Whether the function asks for its first event, and so has started.
    pub(crate) fn is_next(&self) -> bool {
        self.call == "GET /2018-06-01/runtime/invocation/next"
    }
}

#[derive(Debug)]
pub(crate) struct RuntimeApi {
    address: SocketAddr,
    requests: Receiver<Request>,
}

impl RuntimeApi {
    /// Listens on a port of its own of the loopback interface, until the first request after it has been dropped.
    pub(crate) fn start() -> io::Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        let address = listener.local_addr()?;
        let (sender, requests) = mpsc::channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                // What is no request is somebody else's.
                if let Ok(request) = stream.and_then(read)
                    && sender.send(request).is_err()
                {
                    return;
                }
            }
        });
        Ok(Self { address, requests })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// The next request, or `None` if there was none for so long.
    pub(crate) fn request_within(&self, patience: Duration) -> Option<Request> {
        self.requests.recv_timeout(patience).ok()
    }
}

fn read(stream: TcpStream) -> io::Result<Request> {
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line)?;
    let at = Instant::now();
    let call = line.rsplit_once(' ').map(|(call, _version)| call.to_owned());
    let call = call.ok_or_else(|| io::Error::from(io::ErrorKind::InvalidData))?;
    let mut length = 0;
    loop {
        line.clear();
        reader.read_line(&mut line)?;
        match line.trim_end().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse().unwrap_or(0);
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = Vec::new();
    reader.by_ref().take(length).read_to_end(&mut body)?;
    Ok(Request { at, call, body: String::from_utf8_lossy(&body).into_owned(), _held: reader.into_inner() })
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    fn say(api: &RuntimeApi, text: &str) -> TcpStream {
        let mut stream = TcpStream::connect(api.address()).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        stream
    }

    #[test]
    fn the_first_next_is_noticed_and_held() {
        let api = RuntimeApi::start().unwrap();
        let before = Instant::now();
        let mut stream = say(&api, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\nhost: here\r\n\r\n");

        let request = api.request_within(PATIENCE).unwrap();
        assert!(request.is_next());
        assert!(request.at >= before && request.at <= Instant::now());

        stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
        assert!(stream.read(&mut [0]).is_err(), "it was answered");
        drop(request);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert_eq!(stream.read(&mut [0]).unwrap(), 0, "it is still held");
    }

    #[test]
    fn a_failed_start_comes_with_its_reason() {
        let api = RuntimeApi::start().unwrap();
        let head = "POST /2018-06-01/runtime/init/error HTTP/1.1\r\nContent-Length: 6\r\n\r\n";
        let _stream = say(&api, &format!("{head}no keythat is not ours"));

        let request = api.request_within(PATIENCE).unwrap();
        assert!(!request.is_next());
        assert_eq!((request.call.as_str(), request.body.as_str()), ("POST /2018-06-01/runtime/init/error", "no key"));
    }

    #[test]
    fn what_is_no_request_is_passed_over_and_silence_ends() {
        let api = RuntimeApi::start().unwrap();
        drop(say(&api, ""));
        drop(say(&api, "hello\r\n\r\n"));
        assert!(api.request_within(Duration::from_millis(20)).is_none());

        let _stream = say(&api, "GET /2018-06-01/runtime/invocation/next HTTP/1.1\r\n\r\n");
        assert!(api.request_within(PATIENCE).is_some());
    }
}
