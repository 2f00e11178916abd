//! What stands between `services` and the local cloud and breaks what goes through it.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

/// What happens to one request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It goes through.
    None,
    /// An answer of the proxy's own: status and error code.
    Answer(u16, &'static str),
    /// The connection is reset before the request reaches the cloud.
    Reset,
    /// The request reaches the cloud, the answer does not come back.
    Lost,
    /// Half of the answer comes back.
    Truncated,
    /// Nothing happens for so long, then the connection ends.
    Stall(Duration),
}

type Plan = Box<dyn FnMut(&str) -> Fault + Send>;

/// A proxy that can be told what to break. `Clone`: all are the same proxy.
#[derive(Clone)]
pub struct Proxy {
    plan: Arc<Mutex<Plan>>,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Proxy {
    /// Takes connections from `listener` and makes one to `cloud` for each request.
    pub fn between(listener: TcpListener, cloud: SocketAddr) -> Self {
        let proxy = Self { plan: Arc::new(Mutex::new(Box::new(|_| Fault::None))), seen: Arc::default() };
        let own = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let own = own.clone();
                tokio::spawn(async move {
                    // A connection that ends in the middle is what this is for.
                    let _ = own.carry(client, cloud).await;
                });
            }
        });
        proxy
    }

    /// From now on `plan` decides for each request by its operation, such as `StopProjectVersion`; those of S3 have
    /// their method as name.
    pub fn breaks(&self, plan: impl FnMut(&str) -> Fault + Send + 'static) {
        *self.plan.lock().unwrap() = Box::new(plan);
    }

    /// Everything goes through again.
    pub fn heals(&self) {
        self.breaks(|_| Fault::None);
    }

    /// How often an operation was asked for.
    pub fn count(&self, operation: &str) -> usize {
        self.seen.lock().unwrap().iter().filter(|seen| *seen == operation).count()
    }

    async fn carry(&self, mut client: TcpStream, cloud: SocketAddr) -> std::io::Result<()> {
        let (head, body) = request(&mut client).await?;
        let operation = operation(&head);
        self.seen.lock().unwrap().push(operation.clone());
        let fault = (self.plan.lock().unwrap())(&operation);
        match fault {
            Fault::Answer(status, code) => return answer(&mut client, status, code).await,
            Fault::Reset => return reset(&client),
            Fault::Stall(time) => {
                tokio::time::sleep(time).await;
                return Ok(());
            }
            Fault::None | Fault::Lost | Fault::Truncated => {}
        }
        let mut upstream = TcpStream::connect(cloud).await?;
        upstream.write_all(head.as_bytes()).await?;
        upstream.write_all(&body).await?;
        let mut came = Vec::new();
        upstream.read_to_end(&mut came).await?;
        let part = match fault {
            Fault::Lost => return reset(&client),
            Fault::Truncated => came.get(..came.len().saturating_sub(20)).unwrap_or_default(),
            _ => &came,
        };
        client.write_all(part).await?;
        client.shutdown().await
    }
}

/// Head and body of one request; the head asks for a connection of its own.
async fn request(client: &mut TcpStream) -> std::io::Result<(String, Vec<u8>)> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(at) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break at + 4;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = header(&head, "content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    while body.len() < length {
        if client.read_buf(&mut body).await? == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
    }
    let lines = head.trim_end().split("\r\n").filter(|line| !line.to_ascii_lowercase().starts_with("connection:"));
    let head = lines.collect::<Vec<_>>().join("\r\n") + "\r\nconnection: close\r\n\r\n";
    Ok((head, body))
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    let found = head.split("\r\n").filter_map(|line| line.split_once(':'));
    found.filter(|(own, _)| own.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim()).next()
}

fn operation(head: &str) -> String {
    let target = header(head, "x-amz-target").and_then(|target| target.split_once('.')).map(|(_, name)| name);
    target.or_else(|| head.split(' ').next()).unwrap_or_default().to_owned()
}

async fn answer(client: &mut TcpStream, status: u16, code: &str) -> std::io::Result<()> {
    let body = format!(r#"{{"__type":"{code}","Message":"as the test wants it"}}"#);
    let text = format!(
        "HTTP/1.1 {status} X\r\ncontent-type: application/x-amz-json-1.1\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}",
        body.len()
    );
    client.write_all(text.as_bytes()).await?;
    client.shutdown().await
}

fn reset(client: &TcpStream) -> std::io::Result<()> {
    client.set_zero_linger()
}
