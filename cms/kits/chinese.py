"""What every mall in Simplified Chinese starts with: its plain pages in place of the template's, and what the pictures show."""

DEALS = "套餐"
# By slug: title and text.
PLAIN_PAGES: dict[str, tuple[str, str]] = {
    "about": ("关于我们", ""),
    "help": (
        "帮助",
        """<h2>怎么购买？</h2>
<p>挑选套餐，在安全的支付页付款，券立即到手，到店出示券码即可。无需注册：券也会发到您的邮箱。</p>
<h2>我的券在哪里？</h2>
<p>在付款后我们发给您的邮件中；用同一邮箱或手机号登录后，也可在“我的券”中查看。</p>
<h2>怎么用券？</h2>
<p>出示手机上的券码，由店员扫码或输入。店员确认后券才算使用，页面会显示使用的时间和门店。</p>
<h2>可以退款吗？</h2>
<p>每个套餐的规则在购买前都有说明。可退的券，请到订单页申请退款，或按页面底部的方式联系我们，款项原路退回。</p>
<h2>付款没有成功</h2>
<p>那就没有扣款，您选的名额会重新开放。如果银行显示金额被占用，几天内会自动释放。</p>""",
    ),
    "terms": (
        "条款",
        """<h2>您购买的是什么</h2>
<p>您购买的是一张预付券，可享受套餐页所述的服务。价格、内容、可用门店和有效期、能否退款，均以购买时页面显示的为准。套餐之后的修改不影响您的券。</p>
<h2>由谁提供服务</h2>
<p>由本商城的商家提供服务并对质量负责。款项通过 Stripe 以银行卡支付，我们看不到您的卡号。</p>
<h2>用券</h2>
<p>每张券有一个券码，只能使用一次。先出示者先使用，请像现金一样保管。</p>
<h2>退款</h2>
<p>未使用的券能否退款、何时截止，见套餐规则。已使用的券不退款。法律赋予您的权利不受影响。</p>
<h2>您的数据</h2>
<p>我们保存您的邮箱或手机号以及订单，仅用于为您服务，不作他用。</p>""",
    ),
}
ALT = {
    "restaurant/noodle-bowl.webp": "一大碗牛肉面，有青菜、半个鸡蛋和葱花",
    "restaurant/dumpling-basket.webp": "竹蒸笼里的饺子，筷子夹着一只",
    "restaurant/side-dishes.webp": "四碟小菜：黄瓜、花生、辣椒和酱汁豆腐",
    "restaurant/lunch-for-two.webp": "双人餐桌，摆着面条、饺子和茶",
    "restaurant/steaming-pot.webp": "灶上冒着热气的大红锅",
    "restaurant/pulling-noodles.webp": "厨师在撒了面粉的案板上拉面",
    "restaurant/tea-set.webp": "圆窗明月前的红茶壶和两只茶杯",
    "restaurant/noodle-counter.webp": "面馆吧台，有高凳、吊灯和两碗热面",
    "salon/scissors-and-comb.webp": "大理石台面上的剪刀、梳子、发夹和瓶子",
    "salon/wash-basin.webp": "洗发盆，泡沫和流水",
    "salon/mirror-and-chair.webp": "镜灯前的玫瑰色座椅",
    "salon/polish-row.webp": "一排六瓶甲油，上方是涂好的指甲",
    "salon/bob-cut.webp": "深色波波头女士的侧影",
    "salon/dryer-and-brush.webp": "吹风机和圆梳",
    "convenience/shelves.webp": "摆满瓶罐和包装食品的货架",
    "convenience/shop-front.webp": "夜里亮着灯的街角小店，门外摆着水果",
    "convenience/full-basket.webp": "购物篮里有面包、大葱、牛奶和番茄",
    "cinema/seats.webp": "亮着的银幕前一排排红色座椅",
    "cinema/popcorn.webp": "一桶爆米花、两张影票和一卷胶片",
    "home-improvement/tools.webp": "挂板上的锤子、锯子、扳手和螺丝刀",
    "home-improvement/paint.webp": "刷了一半的墙前，两桶涂料和一把滚筒",
}
