"""The local security client (安全客户端): the only room that speaks to a signer's keys."""
