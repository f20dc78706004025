//! Accepting connections and serving each until it ends, its time is over, or the exporter stops.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_rustls::TlsAcceptor;
use tracing::{debug, info, warn};

use super::answer::Site;
use super::config_file::Live;
use super::socket::Socket;
use super::visit::{Stay, Visit};
use super::{ConfigFileError, Error, Exporter, Options, listen, routes};

/// The bound addresses, before anything is served.
#[derive(Debug)]
pub struct Server {
    listeners: Vec<TcpListener>,
    options: Options,
    live: Arc<Live>,
}

/// Reads the web configuration file again, for SIGHUP.
#[derive(Clone, Debug)]
pub struct Reloader {
    live: Arc<Live>,
}

impl Reloader {
    /// Reads the file and the certificates again, also where they look unchanged.
    ///
    /// # Errors
    /// What is wrong with the file; what was in force before stays so.
    pub fn reload(&self) -> Result<(), ConfigFileError> {
        self.live.reload()
    }
}

impl Server {
    /// Listens on every address.
    ///
    /// # Errors
    /// What cannot work is an error here, before anything else of the program runs: an address
    /// that cannot be read or bound, a path that cannot be served, a web configuration file or
    /// a certificate that cannot be used.
    pub async fn bind(options: Options) -> Result<Server, Error> {
        Server::check(&options)?;
        let live = Live::open(options.config_file.clone()).map_err(Error::ConfigFile)?;
        let mut listeners = Vec::new();
        for given in &options.listen {
            listeners.push(listen::bind(given, &options.limits).await?);
        }
        Ok(Server { listeners, options, live: Arc::new(live) })
    }

    /// What reads the web configuration file again; it works while the server serves.
    pub fn reloader(&self) -> Reloader {
        Reloader { live: self.live.clone() }
    }

    /// Looks for what [`Server::bind`] would find wrong, without listening. What is not wrong but
    /// odd comes back, one line each.
    ///
    /// # Errors
    /// As [`Server::bind`], except for what only the system can tell of an address.
    pub fn check(options: &Options) -> Result<Vec<String>, Error> {
        routes::check_telemetry_path(&options.telemetry_path)?;
        options.listen.iter().try_for_each(|given| listen::check(given))?;
        match options.listen.is_empty() {
            true => Err(Error::NoAddress),
            false => Live::open(options.config_file.clone())
                .map(|live| live.current().warnings.clone())
                .map_err(Error::ConfigFile),
        }
    }

    /// The addresses in use; a port given as 0 is the one that the system chose.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.listeners.iter().filter_map(|listener| listener.local_addr().ok()).collect()
    }

    /// Answers until `shutdown` completes, then lets the running requests finish for
    /// [`Limits::stop_time`](super::Limits::stop_time).
    pub async fn serve<E: Exporter>(self, exporter: Arc<E>, shutdown: impl Future<Output = ()>) {
        let tls = self.live.current().tls.is_some();
        for address in self.addresses() {
            info!(%address, tls, "listening");
        }
        let stop_time = self.options.limits.stop_time;
        let site = Arc::new(Site::new(exporter, self.options, self.live));
        // Every task that serves holds a receiver, so the sender knows when all have ended.
        let (stopping, stopped) = watch::channel(false);
        for listener in self.listeners {
            tokio::spawn(accept(listener, site.clone(), stopped.clone()));
        }
        drop(stopped);
        shutdown.await;
        stopping.send_replace(true);
        site.connections.stop_reading();
        if tokio::time::timeout(stop_time, stopping.closed()).await.is_err() {
            warn!("closing connections whose requests did not finish in time");
            site.connections.stop_all();
        }
    }
}

async fn accept<E: Exporter>(
    listener: TcpListener,
    site: Arc<Site<E>>,
    mut stopping: watch::Receiver<bool>,
) {
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = stopping.changed() => return,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(attend(stream, peer, site.clone(), stopping.clone()));
            }
            Err(error) => wait_out(&error).await,
        }
    }
}

/// A connection that ended while it waited is that client's affair; anything else (no file
/// descriptors left) would come again at once.
async fn wait_out(error: &std::io::Error) {
    if error.kind() != std::io::ErrorKind::ConnectionAborted {
        warn!(%error, "cannot accept a connection; trying again in a moment");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Serves one connection to its end.
async fn attend<E: Exporter>(
    stream: TcpStream,
    peer: SocketAddr,
    site: Arc<Site<E>>,
    stopping: watch::Receiver<bool>,
) {
    let seat = site.connections.enter();
    // Answers are written whole; waiting to fill a packet only delays their end.
    let _ = stream.set_nodelay(true);
    let peer = peer.ip().to_canonical();
    let stream = Socket::new(stream, seat.clone());
    let visit = Visit::new(peer, stream.peer(), site.visits.clone());
    let _stay = Stay { exporter: site.exporter.clone(), visit: visit.clone() };
    tokio::select! {
        () = greet(stream, site, visit, stopping) => {}
        () = seat.expired() => debug!(%peer, "closed a connection that waited too long"),
    }
}

/// With TLS where the web configuration file asks for it.
async fn greet<E: Exporter>(
    stream: Socket,
    site: Arc<Site<E>>,
    visit: Arc<Visit>,
    stopping: watch::Receiver<bool>,
) {
    let Some(tls) = site.live.current().tls.clone() else {
        return converse(stream, site, visit, stopping).await;
    };
    match TlsAcceptor::from(tls).accept(stream).await {
        Ok(mut stream) => {
            stream.get_mut().1.set_buffer_limit(Some(site.options.limits.head_bytes));
            converse(stream, site, visit, stopping).await;
        }
        Err(error) => debug!(peer = %visit.address(), %error, "TLS handshake failed"),
    }
}

async fn converse<E: Exporter, S: AsyncRead + AsyncWrite + Unpin + Send + 'static>(
    stream: S,
    site: Arc<Site<E>>,
    visit: Arc<Visit>,
    mut stopping: watch::Receiver<bool>,
) {
    let head_bytes = site.options.limits.head_bytes;
    let service = service_fn(|request| {
        let (site, visit) = (site.clone(), visit.clone());
        Box::pin(async move { Ok::<_, Infallible>(site.answer(request, visit).await) })
    });
    let mut connection = http1::Builder::new()
        .max_buf_size(head_bytes.max(8192))
        .serve_connection(TokioIo::new(stream), service);
    let mut told = false;
    let ended = loop {
        tokio::select! {
            ended = poll_fn(|context| connection.poll_without_shutdown(context)) => break ended,
            _ = stopping.wait_for(|stopping| *stopping), if !told => {
                told = true;
                Pin::new(&mut connection).graceful_shutdown();
            }
        }
    };
    match ended {
        Ok(()) => part(connection.into_parts().io.into_inner()).await,
        Err(error) => debug!(peer = %visit.address(), %error, "connection ended"),
    }
}

/// How long a client has to close a connection that we have closed.
const PARTING: Duration = Duration::from_secs(1);

/// Closes our side, and hears whether the client closes its own in order.
async fn part(mut stream: impl AsyncRead + AsyncWrite + Unpin) {
    let parting = async {
        stream.shutdown().await?;
        let mut rest = [0; 256];
        // Whatever it still sends is not answered; a bound keeps it from going on for ever.
        for _ in 0..16 {
            if stream.read(&mut rest).await? == 0 {
                break;
            }
        }
        Ok::<_, std::io::Error>(())
    };
    let _ = tokio::time::timeout(PARTING, parting).await;
}
