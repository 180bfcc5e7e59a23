//! Telling people of a line that has dialled as many phones as it may in a day: its callers hear words, and nobody else
//! would know.

use tokio::sync::broadcast::error::RecvError;
use tracing::{error, info};

use super::{
    Notices,
    delivery::{About, Notice},
};
use crate::{carrier::SendMessage, switchboard::OverLimit};

impl Notices {
    /// From now on people hear of such lines.
    pub(super) fn watch_limits(&self) {
        let (notices, stopping) = (self.clone(), self.0.parts.tasks.stopping());
        let mut over = self.0.parts.switchboard.lines_over_limit();
        self.0.parts.tasks.spawn("limits", async move {
            loop {
                let news = tokio::select! {
                    news = over.recv() => news,
                    () = stopping.cancelled() => return,
                };
                match news {
                    Ok(news) => notices.tell_of_limit(&news),
                    Err(RecvError::Lagged(lost)) => {
                        error!(lost, "people were not told of some lines that may dial no more phones today");
                    }
                    Err(RecvError::Closed) => return,
                }
            }
        });
    }

    fn tell_of_limit(&self, OverLimit { line, limit, zone }: &OverLimit) {
        let config = self.0.config.get();
        if config.over_limit.is_empty() {
            info!(line = %line.number, "nobody is to be told of a line that may dial no more phones today");
        }
        for to in config.over_limit.iter().cloned() {
            let message = SendMessage {
                to: to.phone,
                from: config.from.unwrap_or(line.number),
                body: config.over_limit_text.fill(&line.name, *limit, zone),
                status_callback: self.0.parts.urls.limit_notice_status(line.number),
            };
            let (notices, notice) = (self.clone(), Notice { to, message, about: About::Limit(line.number) });
            self.0.parts.tasks.spawn("notice", async move { notices.deliver(notice).await });
        }
    }
}
