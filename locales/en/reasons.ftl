# Reasons for a refusal: they follow the word "Reason:" in an SMS and on a screen.

reason-identity = ID card data do not match
reason-notary = the notarised application was not confirmed
reason-residence = the residence does not match
reason-family = the family's composition does not match
reason-income = average monthly income { $income }, limit { $limit }
reason-vehicle = the family has a vehicle
reason-property = 2 or more properties of the same purpose
reason-deals = purchases and sales in 12 months { $total }, limit { $limit }
reason-utilities = utilities and telephone per person { $spending }, limit { $limit }
reason-jobs = 2 suitable jobs refused, apply again from: { $again }
reason-entry = none of the law's grounds applies
reason-not-counted = no family member can be counted
