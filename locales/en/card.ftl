# My card: where and when.

card-last-four = Last 4 digits of your ID card number:
    .error = Please type 4 digits.
card-wrong =
    These digits do not match.
    Help: 142
    .opt-again = Try again
card-none =
    There is no application from this number.
    Help: 142
card-locked =
    Too many tries. Please try again in 24 hours.
    Help: 142
card-no-card =
    A card is made only after assistance is granted.
    This service is free. Pay nobody. Help: 142
card-ordered =
    Your card is being made. An SMS will follow.
    Branch: { $pickup-branch }
    This service is free. Pay nobody. Help: 142
card-ready =
    Your card is ready from { $pickup-collect-from }
    Branch: { $pickup-branch }
    Bring your ID card.
    This service is free. Pay nobody. Help: 142
card-later =
    There is no answer yet. Please dial *7142# again later.
    Help: 142
    .sms =
        There is no answer yet. Please write again later.
        Help: 142
