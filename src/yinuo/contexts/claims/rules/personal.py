"""Personal data in a text that is about to become public for ever: found by its form."""

from __future__ import annotations

import re
import unicodedata

SURNAMES = (
    "王李张刘陈杨黄赵吴周徐孙马朱胡郭何林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁"
    "沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严覃武戴莫孔汤"
)
FORMS: dict[str, re.Pattern[str]] = {
    # Identity documents before telephones: a long number is not taken for a short one.
    "ID_CARD": re.compile(r"(?<!\d)\d{17}[\dXx](?!\d)"),
    "BANK_CARD": re.compile(r"(?<!\d)\d{16,19}(?![\dXx])"),
    "PHONE": re.compile(r"(?<!\d)(?:\+?86[ -]?)?1\d{2}[ -]?\d{4}[ -]?\d{4}(?!\d)"),
    "MAIL": re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    "VIN": re.compile(r"(?<![A-Z0-9])(?=[A-Z]*\d)(?=\d*[A-Z])[A-HJ-NPR-Z0-9]{17}(?![A-Z0-9])"),
    "ORDER": re.compile(r"(?<![A-Z0-9])[A-Z]{2}\d{2}[A-HJ-NP-Z2-9]{2}(?![A-Z0-9])"),
    "PLATE": re.compile(
        "[京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼]"
        "[A-Z][·. ]?[A-HJ-NP-Z0-9]{5,6}"
    ),
    "NAME": re.compile(rf"[{SURNAMES}](?:某{{1,2}}|[\u4e00-\u9fff]{{0,2}})(?:先生|女士|小姐)"),
}
WORDS: dict[str, tuple[str, str]] = {
    "ID_CARD": ("证件号", "an identity number"),
    "BANK_CARD": ("银行卡号", "a card number"),
    "PHONE": ("手机号", "a telephone number"),
    "MAIL": ("邮箱", "an e-mail address"),
    "VIN": ("车架号", "a VIN"),
    "ORDER": ("订单号", "an order number"),
    "PLATE": ("车牌", "a number plate"),
    "NAME": ("人名", "somebody's name"),
}


def find_personal(*texts: str) -> list[str]:
    """Codes of `FORMS` that are found in these texts, in the order of the table.

    A form is no proof: a name without a title, for one, is not seen. So a person looks, too.
    """
    plain = unicodedata.normalize("NFKC", "\n".join(texts))
    return [code for code, form in FORMS.items() if form.search(plain)]


def said(codes: list[str], language: str) -> str:
    """The codes in words."""
    pick = 0 if language == "zh" else 1
    return ("、" if language == "zh" else ", ").join(WORDS[code][pick] for code in codes)
