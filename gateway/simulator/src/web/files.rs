//! The page itself, which travels inside the program.

use axum::Router;
use axum::http::header;
use axum::routing::get;

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const JS: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Each file: where it is, what it is, what is in it.
const FILES: &[(&str, &str, &str)] = &[
    ("/", HTML, include_str!("../../web/index.html")),
    ("/page.css", CSS, include_str!("../../web/page.css")),
    ("/phone.css", CSS, include_str!("../../web/phone.css")),
    ("/main.js", JS, include_str!("../../web/main.js")),
    ("/line.js", JS, include_str!("../../web/line.js")),
    ("/phone.js", JS, include_str!("../../web/phone.js")),
    ("/keypad.js", JS, include_str!("../../web/keypad.js")),
    ("/texts.js", JS, include_str!("../../web/texts.js")),
    ("/wire.js", JS, include_str!("../../web/wire.js")),
    ("/icon.svg", SVG, include_str!("../../web/icon.svg")),
];

/// Adds every file to the routes.
pub(super) fn serve<S: Clone + Send + Sync + 'static>(router: Router<S>) -> Router<S> {
    FILES.iter().fold(router, |router, (path, kind, text)| {
        let headers = [(header::CONTENT_TYPE, *kind)];
        router.route(path, get(move || async move { (headers, *text) }))
    })
}
