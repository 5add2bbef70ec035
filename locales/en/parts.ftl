# The parts of an application: applicant, notarised application, family member, residence, meters.

applicant-fin = Your FIN (7 characters, on your ID card):
    .error = A FIN has 7 letters and digits, without I and O.
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

notary-number = Number of your notarised application (4-12 digits):
    .skip = I do not have it yet
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

place-district = Where do you live? First 3 letters of the district or city:
    .error = We found no such name. First 3 letters of your district or city:
    .all = Show the list
    .found = Where do you live?
place-region = Region where you live:
place-listed = District or city:
place-branch = Bank branch for your card:

meters-known = Do you know the numbers of your meters?
    .opt-known = Yes
    .opt-unknown = No
meters-electricity = Number of your electricity meter (on the meter):
    .skip = None, or I do not know
    .error = This number has 5-12 digits.
meters-water = Number of your water meter (on the meter):
    .skip = None, or I do not know
    .error = This number has 5-12 digits.
meters-gas = Number of your gas meter (on the meter):
    .skip = None, or I do not know
    .error = This number has 5-12 digits.
