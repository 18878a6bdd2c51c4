"""The digitisation station: a touch screen where people scan, apply and take a ticket."""
