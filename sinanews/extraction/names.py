"""Tells names of persons from other Chinese words, and apart where they touch each other."""

import re

# The single surnames of the Hundred Family Surnames, and others that are common today.
SURNAMES = frozenset(
    "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许何吕施张孔曹严华金魏陶姜戚谢邹喻柏水窦章云苏潘葛奚范彭郎"
    "鲁韦昌马苗凤花方俞任袁柳酆鲍史唐费廉岑薛雷贺倪汤滕殷罗毕郝邬安常乐于时傅皮卞齐康伍余元卜顾孟平黄"
    "穆萧尹姚邵湛汪祁毛禹狄米贝明臧计伏成戴谈宋茅庞熊纪舒屈项祝董梁杜阮蓝闵席季麻强贾路娄危江童颜郭"
    "梅盛林刁钟徐邱骆高夏蔡田樊胡凌霍虞万支柯昝管卢莫经房裘缪干解应宗丁宣贲邓郁单杭洪包诸左石崔吉钮龚"
    "程嵇邢滑裴陆荣翁荀羊惠甄曲家封芮羿储靳汲邴糜松井段富巫乌焦巴弓牧隗山谷车侯宓蓬全郗班仰秋仲伊宫宁"
    "仇栾暴甘厉戎祖武符刘景詹束龙叶幸司韶郜黎蓟薄印宿白怀蒲邰从鄂索咸籍赖卓蔺屠蒙池乔阴胥苍双闻莘党"
    "翟谭贡劳逄姬申扶堵冉宰郦雍璩桑桂濮牛寿通边扈燕冀郏浦尚农温别庄晏柴瞿阎充慕连茹习宦艾鱼容向古易慎"
    "戈廖庾终暨居衡耿满弘匡文寇广禄阙东欧殳沃利蔚越夔隆师巩厍聂晁勾敖融冷訾辛阚那简饶空曾毋沙乜"
    "养鞠须丰巢关蒯查荆红游竺权逯盖益桓闫肖付涂代邸覃佟佘逯揭冼麦虞迟阳隋敬伦展苟原亓青展战初"
    "芦谌佴翦撖漆南由操岳楼商牟仉鹿仝矫漕粟栗苑庹冒丛揣仪茆闪奉巨虢玄刀"
)  # fmt: skip
COMPOUND = frozenset((
    "欧阳", "上官", "司马", "诸葛", "东方", "皇甫", "尉迟", "公孙", "慕容", "令狐", "宇文", "长孙", "司徒",
    "夏侯", "钟离", "闻人", "公冶", "轩辕", "端木", "独孤", "南宫", "西门", "呼延", "赫连", "澹台", "公羊",
    "淳于", "单于", "申屠", "太史", "仲孙", "万俟", "濮阳", "宗政", "司空", "拓跋", "百里", "东郭", "完颜",
    "第五", "梁丘", "左丘", "鲜于", "闾丘", "司寇", "亓官", "段干", "谷梁", "纳兰", "叶赫",
))  # fmt: skip # one name a line would hide the list
# Places as bylines have them: what China is divided into, its larger cities, and where
# correspondents are. Many begin like a name: 安徽, 成都, 宁波.
PLACES = frozenset(
    "北京 上海 天津 重庆 河北 山西 辽宁 吉林 黑龙江 江苏 浙江 安徽 福建 江西 山东 河南 湖北 湖南 广东 海南 四川 贵州 云南"
    " 陕西 甘肃 青海 台湾 内蒙古 广西 西藏 宁夏 新疆 香港 澳门 石家庄 太原 沈阳 长春 哈尔滨 南京 杭州 合肥 福州 南昌 济南"
    " 郑州 武汉 长沙 广州 海口 成都 贵阳 昆明 西安 兰州 西宁 台北 呼和浩特 南宁 拉萨 银川 乌鲁木齐 深圳 厦门 宁波 青岛 大连"
    " 苏州 无锡 常州 南通 徐州 扬州 盐城 泰州 镇江 淮安 连云港 宿迁 昆山 温州 嘉兴 湖州 绍兴 金华 义乌 衢州 舟山 台州 丽水"
    " 芜湖 蚌埠 淮南 安庆 黄山 阜阳 宿州 六安 亳州 宣城 泉州 漳州 莆田 龙岩 宁德 九江 赣州 吉安 宜春 上饶 烟台 潍坊 淄博 济宁"
    " 泰安 威海 日照 临沂 德州 聊城 滨州 菏泽 洛阳 开封 安阳 新乡 许昌 漯河 南阳 商丘 信阳 周口 驻马店 宜昌 襄阳 荆州 荆门 黄石"
    " 黄冈 孝感 十堰 恩施 株洲 湘潭 衡阳 邵阳 岳阳 常德 张家界 益阳 郴州 永州 怀化 珠海 汕头 佛山 韶关 湛江 肇庆 江门 茂名 惠州"
    " 梅州 清远 东莞 中山 潮州 揭阳 三亚 桂林 柳州 梧州 北海 玉林 百色 绵阳 德阳 宜宾 泸州 南充 达州 乐山 遵义 安顺 毕节 大理"
    " 丽江 曲靖 玉溪 咸阳 宝鸡 渭南 汉中 延安 榆林 天水 酒泉 嘉峪关 唐山 秦皇岛 邯郸 邢台 保定 张家口 承德 沧州 廊坊 衡水 雄安"
    " 大同 晋城 运城 临汾 鞍山 抚顺 本溪 丹东 锦州 营口 包头 鄂尔多斯 赤峰 齐齐哈尔 大庆 牡丹江 喀什 西昌 博鳌 达沃斯 纽约 华盛顿"
    " 旧金山 洛杉矶 芝加哥 硅谷 伦敦 巴黎 柏林 法兰克福 布鲁塞尔 日内瓦 罗马 莫斯科 东京 大阪 首尔 新加坡 曼谷 吉隆坡 雅加达 河内"
    " 新德里 孟买 迪拜 开罗 悉尼 堪培拉 惠灵顿 多伦多 温哥华 墨西哥城 圣保罗 里约热内卢 约翰内斯堡 内罗毕".split()
)  # fmt: skip
HAN = "\u3400-\u4e27\u4e29-\u9fff"  # without 丨, which stands between a role and a name
_NAME = re.compile(rf"[{HAN}]{{2,4}}")
# With a dot between its parts, as names of some peoples of China have it.
_DOTTED = re.compile(rf"[{HAN}]{{1,8}}(?:[·•・][{HAN}]{{1,8}}){{1,3}}")
# What ends like an outlet, an office or a title, or is a word that stands where names do.
_NO_NAME = re.compile(
    r".*(?:[网报社台刊部室组局厅处院所店会]|中心|公司|集团|频道|新闻|财经|证券|基金|银行|团队|研究|中国|周末"
    r"|教授|律师|博士|老师|先生|女士|经理|主任|部长|局长|书记|院士|委员|编委|学者|专家|客户端|公众号)"
    r"|.*(?:获悉|综合|整理|供图|综述|报道|表示|了解|采访|提问|注意|发现|认为|介绍|统计|调查|观察|手记|连线"
    r"|走访|探访|摄影|摄制|视频|图片|资料|来源|声明|原创|首发|授权|转载|节前|眼中|快评|谢谢|您好|方面)"
    r"|[本该此其这那每各某有].{0,2}(?:报|刊|文|人|地|日|时|年|次|者)|今年.*|近[日年期].*|目前.*|日前.*|昨[日天].*|发自.*"
)
# Of a word that does not begin with a surname, what makes it a clause rather than a name.
_CLAUSE = re.compile(r"[系为是的了在从对与及被把将就称说注采看问到获并也都请向由让给于]")
_LONGEST_ROW = 40  # characters of names that touch each other


def is_name(word: str) -> bool:
    """Whether a word is the name of a person, by its surname or its dots.

    >>> [word for word in ("苏禾", "欧阳若宁", "古丽扎尔·艾山", "阿苏", "时代周报", "何教授") if is_name(word)]
    ['苏禾', '欧阳若宁', '古丽扎尔·艾山']
    """
    if _DOTTED.fullmatch(word):
        return True
    if word in PLACES or not _NAME.fullmatch(word) or _NO_NAME.fullmatch(word):
        return False
    longest = 4 if word[:2] in COMPOUND else 3
    return word[0] in SURNAMES and len(word) <= longest or word[:2] in COMPOUND and len(word) > 2


def may_be_name(word: str) -> bool:
    """Whether a word may be a name where nothing else stands: a pen name, or one of a people of
    China without a surname.

    >>> [word for word in ("阿苏", "卓玛央金", "玉浊清", "系律师", "注意到", "编辑部", "一二三四五") if may_be_name(word)]
    ['阿苏', '卓玛央金', '玉浊清']
    """
    if is_name(word):
        return True
    is_other = word in PLACES or _NO_NAME.fullmatch(word) or _CLAUSE.search(word)
    return bool(_NAME.fullmatch(word)) and not is_other


def apart(row: str) -> list[str]:
    """The names in a row of names that touch each other; empty when there is no way, or more than
    one, to tell them apart.

    >>> apart("林知远苏小禾"), apart("苏禾"), apart("港口货运"), apart("李明王江华")
    (['林知远', '苏小禾'], ['苏禾'], [], [])
    """
    if len(row) > _LONGEST_ROW:
        return []
    # For each end of a name: the ways to it, of which two are as good as many.
    ways: list[list[list[str]]] = [[[]]] + [[] for _ in row]
    for end in range(2, len(row) + 1):
        for start in range(max(0, end - 4), end - 1):
            if is_name(row[start:end]):
                ways[end] += [[*way, row[start:end]] for way in ways[start]]
        del ways[end][2:]
    return ways[-1][0] if len(ways[-1]) == 1 else []
