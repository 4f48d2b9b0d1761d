"""The facts of what is said in public: statements, their evidence, commitments, hidden posts.

None of them is of an order, so all they carry stands in clear and nothing of it is personal: texts
are named by their digest, and what an author wrote by a digest that only its author can open.
"""

from __future__ import annotations

from yinuo.contexts.ledger.kind import Kind

CLAIMS_KINDS = (
    Kind(
        "claim.published",
        "claim",
        "",
        ("claim", "version", "url", "sha256", "channel", "code"),
        (),
        False,
        "公开说法 {claim} 第 {version} 版：{code_words}。",
        "Public statement {claim}, version {version}: {code_words}.",
    ),
    Kind(
        "claim.ended",
        "claim.end",
        "",
        ("claim", "code"),
        (),
        False,
        "公开说法 {claim} 结束：{code_words}。",
        "Public statement {claim} ended: {code_words}.",
    ),
    Kind(
        "evidence.published",
        "evidence",
        "",
        ("claim", "evidence", "sha256"),
        (),
        False,
        "公开了说法 {claim} 的一份证据。",
        "A piece of evidence for statement {claim} was published.",
    ),
    Kind(
        "commitment.made",
        "commitment",
        "",
        ("commitment", "deadline", "sha256"),
        (),
        False,
        "公开答应要做的事：{deadline} 前做完。",
        "Committed in public: to be done by {deadline}.",
    ),
    Kind(
        "commitment.closed",
        "commitment.end",
        "",
        ("commitment", "code", "sha256"),
        (),
        False,
        "答应要做的事有了结果：{code_words}。",
        "A public commitment came to its end: {code_words}.",
    ),
    Kind(
        "post.hidden",
        "post.hide",
        "",
        ("post", "code", "seal"),
        (),
        False,
        "一条帖子被隐藏，依据：{code_words}。",
        "A post was hidden under a public rule: {code_words}.",
    ),
    Kind(
        "post.appealed",
        "post.appeal",
        "",
        ("post", "code"),
        (),
        False,
        "隐藏帖子的申诉有了结果：{code_words}。",
        "An appeal against hiding a post was decided: {code_words}.",
    ),
)
