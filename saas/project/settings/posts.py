"""Content calendar: the kinds of channels, and whom they may speak to."""

from environs import Env

env = Env()
# Kinds of channels -> their connectors (ops_console.posts.connectors.base.Connector). A plug-in is one more line.
POST_CONNECTORS: dict[str, str] = {
    "news": "ops_console.posts.connectors.news.MallNews",
    "email": "ops_console.posts.connectors.mail.MemberMail",
    "wechat_subscription": "ops_console.posts.connectors.wechat.account.SubscriptionAccount",
    "wechat_service": "ops_console.posts.connectors.wechat.account.ServiceAccount",
    "webhook": "ops_console.posts.connectors.webhook.Webhook",
    "by_hand": "ops_console.posts.connectors.by_hand.ByHand",
}
# Where WeChat's interface answers.
WECHAT_API_BASE = env.str("HUTONG_WECHAT_API_BASE", "https://api.weixin.qq.com")
# Hosts ("hooks.example:8080") on the operator's own network to which posts may be sent; others must be public.
POST_HOSTS: list[str] = env.list("HUTONG_POST_HOSTS", [])
