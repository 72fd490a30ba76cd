"""Content calendar: the kinds of channels, and whom they may speak to."""

from environs import Env

env = Env()
# Kinds of channels -> their connectors (ops_console.posts.connectors.base.Connector). A plug-in is one more line.
POST_CONNECTORS: dict[str, str] = {
    "news": "ops_console.posts.connectors.news.MallNews",
    "by_hand": "ops_console.posts.connectors.by_hand.ByHand",
}
