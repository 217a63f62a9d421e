"""Who looks at a stream goes by a token that nobody else can name."""

from hypothesis import given, settings
from hypothesis import strategies as st

from neuropose_ray.service.live.attachments import subscription_token
from neuropose_ray.service.live.hub import token_of


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_whoever_names_a_token_of_others_or_of_a_registration_is_somebody_else(data: st.DataObject):
    names = st.text(max_size=20) | st.sampled_from(["anna", "ben", "stream:ward", token_of("ward")])
    (caller, resume), (other, other_resume) = data.draw(
        st.tuples(st.tuples(names, names), st.tuples(names, names)).filter(lambda pairs: pairs[0] != pairs[1])
    )
    token = subscription_token(caller, resume)
    assert token == subscription_token(caller, resume)
    assert not token.startswith(token_of(""))
    if "\n" not in caller + other:  # which no name of a token has
        assert token != subscription_token(other, other_resume)
