package stage

// Products of the simulator's catalogue, with their prices and what they need.
const (
	GiftCard  = "product_01kr9ee0zbgj09tqm83xssss6y" // 9.55 usd
	GameTopUp = "product_01krgfgww8eth9xvvysd6y7r4j" // 0.9549 usd, needs player_id
	Voucher   = "product_01krmqz1ce0vn5ndr7gg9c4tw2" // 0.01 usd; the quantity asks for a behaviour
	Esim      = "product_01krn5sxs5aa819x9yp981068v" // 7.90 usd, codes are objects
	SteamCard = "product_01krdj8fssz5awsh8vhtpre95b" // 19.60 usd
	AppleCard = "product_01krqy77zxyyk596ngya1dq91k" // 481.25 usd
	PlayCard  = "product_01krs3c4dwa7n36096q14dr9gp" // 24.10 usd
	SteamTop  = "product_01krqkfbf5kznwj47tan9zt24m" // 1.042 usd, needs login, delivers no code, is slow
	Genshin   = "product_01krm9s346q3d25vt4f5v37e3s" // 4.41 usd, needs player_id and server
	Telegram  = "product_01krcd1gdjfmgt83pxt891wb09" // 11.99 usd, needs username, delivers no code
)
