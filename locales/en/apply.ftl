# The application: what is needed, consent, family members, review, sending.

apply-prepare = This is free. You need everybody's FIN, your ID card and the number of your notarised application.
    .error = Please type 1 to go on:
    .opt-go-on = Go on
apply-consent = We gather data about you and your family from state bodies. No papers are needed. Do you agree?
    .opt-agree = I agree
    .opt-decline = No
apply-declined =
    Without your consent we cannot take an application.
    Help: 142

apply-members = FIN of a family member (so far: you+{ $members-count }):
    .error = A FIN has 7 letters and digits, without I and O. Please type it again:
    .done = That is all
    .remove = Remove
    .which = Who should we remove?
    .item = { $relation } { $fin }
    .duplicate = This FIN is on the list already.
apply-fix-members = FIN of a family member (so far: you+{ $members-count }):
    .error = A FIN has 7 letters and digits, without I and O. Please type it again:
    .done = That is all
    .remove = Remove
    .which = Who should we remove?
    .item = { $relation } { $fin }
    .duplicate = This FIN is on the list already.

apply-review =
    FIN { $fin }, { $card-series } { $card-number }
    Notary no.: { $notary }
    { $members-count ->
        [0] Family: you alone
       *[more] Family: { $members-list }
    }
    Place: { $district }
    Is it right?
    .sms =
        FIN { $fin }, card { $card-series } { $card-number }
        Notary number: { $notary }
        { $members-count ->
            [0] Family: you alone
           *[more] Family: { $members-list }
        }
        Place: { $district }
        Card: { $branch }
        Is it right?
    .opt-send = Send
    .opt-correct = Change
apply-correct = What shall we change?
    .opt-applicant = FIN, ID card
    .opt-notary = Notary number
    .opt-members = Family
    .opt-place = Place, bank
    .opt-meters = Meters

# The last screens. Number and dates come by SMS too.
apply-registered =
    Registered on { $send-registered-on }
    Number: { $send-reference }
    Decision by { $send-decide-by }
    This service is free. Pay nobody. Help: 142
apply-undated =
    Registered. Number: { $send-reference }
    We cannot name the day of the decision yet.
    This service is free. Pay nobody. Help: 142
apply-awaiting =
    Saved: { $send-reference }
    We cannot decide without the notarised application's number. When you have it, dial *7142*2#
    This service is free. Pay nobody. Help: 142
apply-already =
    You already have an application:
    { $send-reference }
    Registered on { $send-registered-on }
    This service is free. Pay nobody. Help: 142
apply-limited =
    3 people have applied from this phone in 30 days. Please apply from another phone.
    Help: 142
apply-recorded =
    Your answers are recorded. The registration number will come by SMS.
    This service is free. Pay nobody. Help: 142
apply-not-registered =
    Not registered yet. Your answers are kept for 3 days.
    Please dial *7142# again later.
    Help: 142
    .sms =
        Not registered yet. Your answers are kept for 3 days.
        Please write APPLY later.
        Help: 142
