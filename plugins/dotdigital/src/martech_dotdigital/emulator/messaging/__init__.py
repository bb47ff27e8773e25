"""The real-time half of the vendor: SMS, omnichannel messages, webhooks and what configures them."""
