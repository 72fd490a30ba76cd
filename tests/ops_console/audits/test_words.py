"""Audits in the reader's language: what the product wrote itself is translated, what a person wrote stands as it is."""

from django.utils.translation import override

from ops_console.audits.models import Pipeline, Stage
from ops_console.audits.pipelines import standard


def test_the_products_own_stages_are_read_in_chinese_and_a_persons_as_written() -> None:
    desk = standard()[0]
    own = Stage(name=desk.name, checks=desk.checks, roles=["Admin", "Finance"])
    other = Stage(name="Shop tasting", checks="Was it warm?")
    with override("zh-hans"):
        assert (own.label, own.holders, Pipeline(name="Hosted malls").label) == ("案头审核", "管理员、财务", "托管商城")
        assert own.asked == ["标题、文字和图片说明了能得到什么", "错别字与语气", "图片为本店实拍"]
        assert (other.label, other.asked, Stage(name="").label) == ("Shop tasting", ["Was it warm?"], "")
    assert (own.label, own.holders) == ("Desk check", "Admin, Finance")
