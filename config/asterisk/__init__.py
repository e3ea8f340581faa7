"""Templates of everything our private Asterisk reads; `telephony.provision` fills them in.

`@{name}` is replaced, everything else is Asterisk's own syntax. No value gets in unchecked.
"""
