//! An exporter to be asked, and a server that runs until the test ends.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

use login_exporter::metrics::series::Viewer;
use login_exporter::web::{Exporter, Exposition, Options, Overview, Reloader, Scrape, Server};
use tokio::sync::{Notify, oneshot};

/// Answers what the test put in, and remembers who asked.
#[derive(Default)]
pub(crate) struct Fake {
    pub(crate) body: Mutex<Vec<u8>>,
    pub(crate) scrapes: Mutex<Vec<Scrape>>,
    pub(crate) ready: AtomicBool,
    pub(crate) overview: Mutex<Overview>,
    /// What is shown from the second look on, where it is something else.
    pub(crate) later: Mutex<Option<Overview>>,
    /// Where set, a scrape waits for `go` after it has told `begun`.
    pub(crate) held: AtomicBool,
    pub(crate) begun: Notify,
    pub(crate) go: Notify,
    pub(crate) ended: Notify,
    pub(crate) panics: AtomicBool,
    /// The connections of scrapers that have ended, and whether in order.
    pub(crate) closed: Mutex<Vec<(u64, bool)>>,
}

impl Fake {
    pub(crate) fn saying(body: impl Into<Vec<u8>>) -> Arc<Fake> {
        Arc::new(Fake { body: Mutex::new(body.into()), ..Fake::default() })
    }

    pub(crate) fn showing(overview: Overview) -> Arc<Fake> {
        Arc::new(Fake { overview: Mutex::new(overview), ..Fake::default() })
    }

    pub(crate) fn last_viewer(&self) -> Option<Viewer> {
        self.scrapes.lock().unwrap().last().and_then(|scrape| scrape.viewer)
    }
}

impl Exporter for Fake {
    async fn metrics(&self, scrape: Scrape) -> Exposition {
        self.scrapes.lock().unwrap().push(scrape);
        if self.held.load(Ordering::SeqCst) {
            self.begun.notify_one();
            self.go.notified().await;
            self.ended.notify_one();
        }
        assert!(!self.panics.load(Ordering::SeqCst), "the scrape panics, as the test asked");
        let body = self.body.lock().unwrap().clone();
        let content_type = "text/plain; version=0.0.4; charset=utf-8";
        Exposition { content_type, body }
    }

    fn closed(&self, connection: u64, in_order: bool) {
        self.closed.lock().unwrap().push((connection, in_order));
        self.ended.notify_one();
    }

    fn ready(&self) -> bool {
        self.ready.load(Ordering::SeqCst)
    }

    fn overview(&self) -> Overview {
        let mut overview = self.overview.lock().unwrap();
        let shown = overview.clone();
        if let Some(later) = self.later.lock().unwrap().take() {
            *overview = later;
        }
        shown
    }
}

/// A server of its own for one test, on a port that the system chose.
pub(crate) struct Running {
    pub(crate) address: SocketAddr,
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) reloader: Reloader,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(exporter: Arc<Fake>) -> Running {
        Running::with(exporter, Options::default())
    }

    /// With these settings, on loopback.
    pub(crate) fn with(exporter: Arc<Fake>, options: Options) -> Running {
        Running::on(&["127.0.0.1:0"], exporter, options)
    }

    pub(crate) fn on(listen: &[&str], exporter: Arc<Fake>, options: Options) -> Running {
        let listen = listen.iter().map(|&address| address.to_owned()).collect();
        let options = Options { listen, ..options };
        let (stop, stopped) = oneshot::channel();
        let (bound, addresses) = std::sync::mpsc::channel();
        let thread = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let server = Server::bind(options).await.unwrap();
                bound.send((server.addresses(), server.reloader())).unwrap();
                server.serve(exporter, async { _ = stopped.await }).await;
            });
        });
        let (addresses, reloader) = addresses.recv().expect("the server starts");
        let address = addresses[0];
        Running { address, addresses, reloader, stop: Some(stop), thread: Some(thread) }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// Tells the server to stop, without waiting.
    pub(crate) fn tell_to_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits until the server has stopped.
    pub(crate) fn join(&mut self) {
        self.tell_to_stop();
        if let Some(thread) = self.thread.take() {
            thread.join().expect("the server ends without a panic");
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.join();
        }
    }
}
