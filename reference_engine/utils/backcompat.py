"""Switches for warnings about former behaviour (torch.utils.backcompat). PyTorch keeps them; none warns any more."""


class Warning:
    """One switch."""

    def __init__(self):
        self.enabled = False


broadcast_warning = Warning()
keepdim_warning = Warning()
