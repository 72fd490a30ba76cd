"""The addresses of the back office's own pages, below /manage/."""

from django.urls import URLPattern, path

from .activity import views as activity
from .deals import review_views as reviews
from .deals import views as deals
from .disputes import views as disputes
from .domains import views as domains
from .imports import views as imports
from .leave import views as leave
from .money import views as money
from .orders import views as orders
from .packages import views as packages
from .payouts import views as payouts
from .products import views as products
from .promotions import views as promotions
from .refunds import views as refunds
from .staff import views as staff
from .statements import views as statements
from .stores import views as stores
from .terms import views as terms
from .today import views as today

urlpatterns: list[URLPattern] = [
    path("today/feed/", today.feed, name="today_feed"),
    path("money/payouts/", payouts.index, name="payouts"),
    path("money/payouts/connect/", payouts.connect, name="payouts_connect"),
    path("money/payouts/back/", payouts.back, name="payouts_back"),
    path("money/payouts/schedule/", payouts.schedule, name="payouts_schedule"),
    path("money/payouts/<str:payout_id>/", payouts.payout, name="payout"),
    path("money/settlements/<str:public_id>/", payouts.settlement, name="settlement"),
    path("deals/", deals.index, name="deals"),
    path("deals/new/", deals.add, name="deal_add"),
    path("deals/guard/", reviews.guard_panel, name="deal_guard"),
    path("deals/<str:public_id>/", deals.edit, name="deal"),
    path("deals/<str:public_id>/audit/", reviews.submit, name="deal_submit"),
    path("deals/<str:public_id>/drop-change/", reviews.drop_change, name="deal_drop_change"),
    path("deals/<str:public_id>/override/", reviews.override, name="deal_override"),
    path("deals/<str:public_id>/publish/", deals.publish, name="deal_publish"),
    path("deals/<str:public_id>/end/", deals.end, name="deal_end"),
    path("deals/<str:public_id>/duplicate/", deals.duplicate, name="deal_duplicate"),
    path("promotions/", promotions.index, name="promotions"),
    path("promotions/new/", promotions.add, name="promotion_add"),
    path("promotions/<str:public_id>/", promotions.detail, name="promotion"),
    path("promotions/<str:public_id>/change/", promotions.edit, name="promotion_edit"),
    path("promotions/<str:public_id>/uses.csv", promotions.export, name="promotion_export"),
    path("promotions/<str:public_id>/stop/", promotions.stop, name="promotion_stop"),
    path("promotions/<str:public_id>/confirm/", promotions.accept, name="promotion_accept"),
    path("promotions/<str:public_id>/decline/", promotions.decline, name="promotion_decline"),
    path("stores/", stores.index, name="stores"),
    path("stores/new/", stores.add, name="store_add"),
    path("stores/<str:public_id>/", stores.edit, name="store"),
    path("stores/<str:public_id>/<str:direction>/", stores.move, name="store_move"),
    path("products/", products.index, name="products"),
    path("products/new/", products.add, name="product_add"),
    path("products/imports/", imports.index, name="imports"),
    path("products/imports/<str:public_id>/", imports.detail, name="import"),
    path("products/imports/<str:public_id>/progress/", imports.progress, name="import_progress"),
    path("products/imports/<str:public_id>/start/", imports.start, name="import_start"),
    path("products/imports/<str:public_id>/resume/", imports.resume, name="import_resume"),
    path("products/imports/<str:public_id>/report.csv", imports.report, name="import_report"),
    path("products/<str:public_id>/", products.edit, name="product"),
    path("products/<str:public_id>/remove/", products.remove, name="product_remove"),
    path("orders/", orders.index, name="orders"),
    path("orders/<str:public_id>/", orders.detail, name="order"),
    path("orders/<str:public_id>/resend/", orders.resend, name="order_resend"),
    path("orders/<str:public_id>/refund/", orders.refund, name="order_refund"),
    path("refunds/", refunds.index, name="refunds"),
    path("refunds/<str:public_id>/decide/", refunds.decide, name="refund_decide"),
    path("refunds/<str:public_id>/again/", refunds.send_again, name="refund_again"),
    path("disputes/", disputes.index, name="disputes"),
    path("disputes/<str:public_id>/", disputes.detail, name="dispute"),
    path("vouchers/", orders.vouchers, name="vouchers"),
    path("money/", money.index, name="money"),
    path("money/lines.csv", money.export, name="money_export"),
    path("money/lines.xlsx", money.workbook, name="money_workbook"),
    path("money/vouchers/<str:public_id>/", money.voucher, name="money_voucher"),
    path("money/statements/", statements.index, name="statements"),
    path("money/statements/<str:public_id>/", statements.detail, name="statement"),
    path("money/statements/<str:public_id>/confirm/", statements.confirm, name="statement_confirm"),
    path("money/statements/<str:public_id>/ask/", statements.ask, name="statement_ask"),
    path("money/statements/<str:public_id>/statement.<str:form>", statements.download, name="statement_file"),
    path("money/terms/", terms.index, name="terms"),
    path("money/terms/<str:public_id>/confirm/", terms.accept, name="terms_accept"),
    path("money/terms/<str:public_id>/decline/", terms.decline, name="terms_decline"),
    path("services/", packages.index, name="packages"),
    path("services/portal/", packages.portal, name="packages_portal"),
    path("services/<str:kind>/<str:number>/pdf/", packages.paper, name="packages_paper"),
    path("services/<str:public_id>/take/", packages.accept, name="packages_accept"),
    path("services/<str:public_id>/begun/", packages.begun, name="packages_begun"),
    path("services/<str:public_id>/decline/", packages.decline, name="packages_decline"),
    path("services/<str:public_id>/used/", packages.used_units, name="packages_used"),
    path("services/<str:public_id>/end/", packages.end, name="packages_end"),
    path("staff/", staff.index, name="staff"),
    path("staff/invite/", staff.invite, name="staff_invite"),
    path("staff/<str:public_id>/", staff.edit, name="person"),
    path("staff/<str:public_id>/close/", staff.close, name="person_close"),
    path("domains/", domains.index, name="domains"),
    path("domains/choose/", domains.choose, name="domain_choose"),
    path("domains/<str:public_id>/", domains.detail, name="domain"),
    path("domains/<str:public_id>/check/", domains.check, name="domain_check"),
    path("domains/<str:public_id>/remove/", domains.release, name="domain_release"),
    path("leave/", leave.index, name="leave"),
    path("leave/export/", leave.export, name="leave_export"),
    path("leave/end/", leave.end, name="leave_end"),
    path("leave/keep/", leave.keep, name="keep"),
    path("leave/refund/", leave.give_back, name="leave_refund"),
    path("leave/download/<str:token>/", leave.download, name="archive_download"),
    path("leave/<str:public_id>/progress/", leave.progress, name="leave_progress"),
    path("leave/<str:public_id>/cancel/", leave.cancel, name="leave_cancel"),
    path("leave/<str:public_id>/link/", leave.link, name="archive_link"),
    path("activity/", activity.index, name="activity"),
]
