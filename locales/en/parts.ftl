# The parts of an application: applicant, notarised application, family member, residence, meters.

applicant-fin = Your FIN (7 characters, on your ID card):
    .error = A FIN has 7 letters and digits, without I and O. On an old card leave out the last digit.
applicant-card-series = Series of your ID card:
    .opt-aze = AZE
    .opt-aa = AA
    .opt-myi = MYI
    .opt-dyi = DYI
    .opt-mom = MOM
applicant-number-8 = Number after { $card-series }, 8 digits:
    .error = This number has 8 digits.
applicant-number-7 = Number after { $card-series }, 7 digits:
    .error = This number has 7 digits.

notary-ask = Do you have the number of your notarised application?
    .opt-have = Yes
    .opt-none = Not yet
notary-number = Number of the notarised application (4-12 digits):
    .error = This number has 4-12 digits.
notary-none = You can apply now, but we cannot decide without this number. The decision comes within 15 working days after you send it.
    .error = Please type 1 to go on:
    .opt-go-on = Go on

member-fin = FIN of the family member (7 characters):
    .error = A FIN has 7 letters and digits, without I and O.
member-relation = Who is this to you?
    .opt-spouse = Spouse
    .opt-child = Child
    .opt-parent = Parent
    .opt-sibling = Brother or sister
    .opt-other = Somebody else

place-region = Region where you live:
place-district = District or city:
place-branch = Bank branch for your card:

meters-electricity = Number of your electricity meter (on the meter):
    .skip = I do not know
    .error = This number has 5-12 digits.
meters-water = Number of your water meter (on the meter):
    .skip = I do not know
    .error = This number has 5-12 digits.
meters-gas = Number of your gas meter (on the meter):
    .skip = I do not know
    .error = This number has 5-12 digits.
