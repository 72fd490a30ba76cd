"""WeChat's numbers in words for who has to do something about them. Source: the error codes of its documentation."""

from django.utils.translation import gettext as said
from django.utils.translation import gettext_lazy as _

from .wire import WechatRefused

# errcode -> seconds after which the same may be asked again.
AGAIN_S = {-1: 30, 45009: 3600, 45011: 60}
_SECRET = _("AppID or AppSecret is wrong. Enter them again on the channel's page.")
_PICTURE = _("WeChat does not take this picture. Choose another one.")
ERRORS: dict[int, object] = {
    -1: _("WeChat is busy."),
    40001: _SECRET,
    40013: _SECRET,
    40125: _SECRET,
    40164: _(
        "This server's address does not stand on the account's IP whitelist. Add it there, then give the post another time."
    ),
    40004: _PICTURE,
    40005: _PICTURE,
    40006: _PICTURE,
    40009: _PICTURE,
    40007: _("WeChat does not know the draft any more. Take the post up again."),
    45002: _("The text is too long for WeChat."),
    45003: _("The title is too long for WeChat."),
    45009: _("The account has used up its calls for today."),
    45011: _("WeChat was asked too often within a minute."),
    48001: _("The account has no right to publish by WeChat's interface. Verified accounts have it."),
    53503: _("The draft did not pass WeChat's check. Read it in the account and correct it here."),
    53504: _("WeChat wants this draft to be published on its own site. Hand the post over, to be posted by hand."),
    53505: _("WeChat wants this draft to be saved on its own site first. Hand the post over, to be posted by hand."),
}
# publish_status other than done and under way.
STATUSES: dict[int, object] = {
    2: _("WeChat refused the claim to be an original text."),
    3: _("WeChat did not publish it and does not say why."),
    4: _("WeChat's review did not let it pass."),
    5: _("It was published and then deleted in the account."),
    6: _("It was published and then blocked by WeChat."),
}


def refusal(error: WechatRefused) -> str:
    """Return what an error means and what to do."""
    known = ERRORS.get(error.code)
    number = said("WeChat's number: %(code)d.") % {"code": error.code}
    return f"{known} {number}" if known else said("WeChat answered: %(said)s.") % {"said": error.said} + f" {number}"
